import re
from pathlib import Path

import pytest

import messages.templates
from messages.errors import InvalidInput, TemplateError
from messages.facts import EXAMPLE, VOCABULARY, fact
from messages.templates import Library, Offer, Template, capitalize_first, join_pt, read_template

LIBRARY = Library.packaged()

HEAD = '+++\ntitle = "Teste"\nwhatsapp = { name = "retencao_teste", category = "UTILITY" }\n+++\n'
WHOLE = HEAD.replace(" }", ", whole = true }")


def block(body: str, extra: str = "") -> Template:
    return read_template("teste", HEAD.replace("whatsapp", f"{extra}\nwhatsapp", 1) + body)


def test_every_packaged_file_is_loaded_by_its_stem() -> None:
    folder = Path(messages.templates.__file__).parent / "library"
    assert list(LIBRARY) == sorted(path.stem for path in folder.glob("*.md"))
    assert len(LIBRARY) == 24


@pytest.mark.parametrize("template", LIBRARY.values(), ids=lambda template: template.key)
def test_a_packaged_text_reads_well_whatever_is_known_of_the_dentist(template: Template) -> None:
    untreated = {
        **EXAMPLE,
        "dentist": {"addressed": "Helena", "article": "você", "of_article": "de Helena", "of_addressed": "de Helena"},
    }
    for context in (EXAMPLE, untreated):
        text = template.render(context)
        assert not re.search(r"  |[{}]|\(\)| [.,;:?!]|\.\.|\bde a\b|\bde o\b|de você", text)
        assert text[0].isupper()
        assert text[-1] in ".?!"


@pytest.mark.parametrize("template", LIBRARY.values(), ids=lambda template: template.key)
def test_a_packaged_offer_can_be_told_on_the_form(template: Template) -> None:
    assert bool(template.records) >= bool(template.offers)


def test_facts_are_missing_until_the_case_holds_them() -> None:
    template = LIBRARY["prazo_guias"]
    terms = {"former_term": "até 7 dias úteis", "term": "24 a 48 horas"}
    assert template.missing({"guide": terms}) == ["guide.launched", "guide.book_from"]
    assert template.missing({"guide": terms | {"launched": "20/11", "book_from": "  "}}) == ["guide.book_from"]
    assert template.missing({"guide": terms | {"launched": "20/11", "book_from": "22/11"}}) == []


def test_a_text_that_lacks_a_fact_is_not_rendered_and_the_fact_is_named() -> None:
    with pytest.raises(InvalidInput, match="Para usar “Ação de divulgação”, preencha: cidade do dentista"):
        LIBRARY["divulgacao"].render({"case": {"city_title": None}})
    own = LIBRARY["confirmacao_final"].reworded(None, "Ciente de que {{ case.offers_proven | join_pt }}, confirma?")
    with pytest.raises(InvalidInput, match="ainda não saiu nenhuma oferta: envie uma antes"):
        own.render({})


def test_what_a_guard_protects_may_be_absent() -> None:
    template = LIBRARY["abertura"]
    context = {"case": {"protocol": "SAD1"}, "dentist": {"article": "o Dr."}}
    assert template.optional == ("case.reasons_stated",)
    assert template.statement(context) == (
        "O motivo do meu contato é o protocolo SAD1, em que o Dr. solicitou o desligamento."
    )


def test_the_question_can_be_left_out() -> None:
    assert LIBRARY["reciclagem"].statement({}).endswith("o envio de documentos.")
    assert LIBRARY["acompanhar_prazo"].statement(EXAMPLE) == ""
    assert LIBRARY["suporte"].statement(EXAMPLE) == LIBRARY["suporte"].render(EXAMPLE)


def test_data_is_never_compiled_as_a_template() -> None:
    city = "{{ 7 * 7 }} {% for x in y %}"
    assert city in LIBRARY["divulgacao"].render({"case": {"city_title": city}})


def test_data_cannot_break_a_line() -> None:
    assert "em Feira de Santana, para" in LIBRARY["divulgacao"].render({"case": {"city_title": "Feira\n de\tSantana"}})


@pytest.mark.parametrize("wrong", [{"reasons_stated": "valores"}, {"reasons_stated": [1]}, {"protocol": 12}])
def test_a_fact_of_the_wrong_kind_is_a_fault_not_a_text(wrong: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="must be"):
        LIBRARY["abertura"].render({"dentist": {"article": "a Dra."}, "case": {"protocol": "SAD1", **wrong}})


def test_offers_are_read_from_the_head() -> None:
    extra = 'offers = "Ofertado Suporte; Outros: informada a mudança"\nrecord = "ofertando suporte; informando mudança"'
    template = block("Temos um suporte.", extra)
    assert template.offers == (Offer("Ofertado Suporte"), Offer("Outros", "informada a mudança"))
    assert template.records == ("ofertando suporte", "informando mudança")


BODY = 5  # the line of the file where a body under HEAD begins


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("Bom texto", 1, "falta o cabeçalho"),
        ("+++\ntitle = 'a'\nsem fim", 1, "falta o cabeçalho"),
        ("+++\ntitle = \n+++\nTexto.", 2, "cabeçalho inválido"),
        (HEAD.replace("title", "titulo") + "Texto.", 2, "chave desconhecida: titulo"),
        (HEAD.replace(" }", ", inteira = true }") + "Texto.", 3, "chave desconhecida: inteira"),
        (HEAD.replace('title = "Teste"\n', "") + "Texto.", 1, "falta a chave title"),
        (HEAD.replace('"Teste"', "3") + "Texto.", 2, "valor inválido em title"),
        (HEAD.replace("UTILITY", "VENDAS") + "Texto.", 3, "categoria desconhecida: VENDAS"),
        (HEAD.replace("retencao_teste", "Retenção") + "Texto.", 3, "letras minúsculas"),
        (HEAD.replace("whatsapp", 'offers = "Ofertado Café"\nwhatsapp', 1) + "Texto.", 3, "não está no formulário"),
        (HEAD.replace("whatsapp", 'offers = "Outros"\nwhatsapp', 1) + "Texto.", 3, "leva justificativa"),
        (HEAD.replace("whatsapp", 'offers = "Ofertado Suporte: x"\nwhatsapp', 1) + "Texto.", 3, "leva justificativa"),
        (HEAD.replace("whatsapp", 'record = "suporte"\nwhatsapp', 1) + "Texto.", 3, "gerúndio"),
        (HEAD, BODY, "o texto está vazio"),
        (HEAD + "Um {{ case.protocol", BODY, "erro de sintaxe"),
        (HEAD + "Um\n{% if case.protocol %}dois.", BODY + 1, "erro de sintaxe"),
        (HEAD + "\n\nUm\n{{ case.senha }}.", BODY + 3, "variável desconhecida: case.senha"),
        (HEAD + "Um {{ case.protocol.format }}.", BODY, "variável desconhecida: case.protocol.format"),
        (HEAD + "Um {{ case['protocol'] }}.", BODY, "só se usa o nome de uma variável"),
        (HEAD + "Um {{ 7 * 7 }}.", BODY, "só se usa o nome de uma variável"),
        (HEAD + "Um {{ case.protocol | upper }}.", BODY, "filtro desconhecido: upper"),
        (HEAD + "Um {{ case.attempt_dates | join_pt(3) }}.", BODY, "não leva argumentos"),
        (HEAD + "Um {{ case.attempt_dates }}.", BODY, "join_pt vai com listas"),
        (HEAD + "Um {{ case.protocol | join_pt }}.", BODY, "join_pt vai com listas"),
        (HEAD + "Um {% for a in case.attempt_dates %}{{ a }}{% endfor %}.", BODY, "aqui só se usam"),
        (HEAD + "Um {% raw %}{{ x }}{% endraw %}.", BODY, "chaves soltas"),
        (HEAD + "Um.\n" + "muito " * 70, BODY, "texto longo demais"),
        (HEAD + "Boa tarde! Tudo certo.", BODY, "não leva saudação"),
        (HEAD + "Olá, tudo certo.", BODY, "não leva saudação"),
        (HEAD + "Um.\n\nDois.", BODY + 1, "um só parágrafo"),
        (HEAD + "Pode?\nE agora?", BODY + 1, "perguntas demais"),
        (HEAD + "Temos suporte. Pode ser?", BODY, "a pergunta fica numa linha só dela"),
        (HEAD + "Oi{% if case.protocol %}\nPode{% endif %}?", BODY + 1, "não pode ficar dentro de um {% if %}"),
        (WHOLE + "{{ dentist.addressed }}, bom dia.", BODY, "não pode começar"),
        (WHOLE + "Bom dia, {{ dentist.addressed }}", BODY, "não pode terminar"),
        (WHOLE + "Olá, {{ dentist.article }} {{ dentist.addressed }}!", BODY, "lado a lado"),
        (WHOLE + "Olá, {{ dentist.article | capitalize_first }}!", BODY, "sem filtros"),
        (WHOLE + "Dias {{ case.attempt_dates }} foram.", BODY, "não leva listas"),
        (WHOLE + "Olá{% if case.protocol %}, {{ case.protocol }}{% endif %}.", BODY, "aqui só se usam variáveis"),
        (WHOLE + "Um? Dois? Três?", BODY, "perguntas demais"),
        (WHOLE + "palavra " * 130, BODY, "texto longo demais"),
    ],
)
def test_a_wrong_text_is_refused_with_file_and_line(source: str, line: int, problem: str) -> None:
    with pytest.raises(TemplateError) as refused:
        Library.load({"teste": source})
    assert (refused.value.file, refused.value.line) == ("teste.md", line)
    assert problem in refused.value.problem


def test_a_treatment_before_the_question_ends_no_sentence() -> None:
    assert block("Quando a Dra. Helena pode falar?").has_question


def test_two_texts_cannot_share_a_name_at_meta() -> None:
    with pytest.raises(TemplateError, match=re.escape("b.md:3: o nome no WhatsApp já é usado por a.md")):
        Library.load({"a": HEAD + "Um.", "b": HEAD + "Dois."})


@pytest.mark.parametrize("template", [t for t in LIBRARY.values() if t.whole], ids=lambda template: template.key)
def test_a_whole_text_with_its_parameters_at_meta_is_what_we_render(template: Template) -> None:
    context = {
        **EXAMPLE,
        "operator": "Sorriso  &\nPleno {{ x }}",
        "dentist": {"addressed": "Dr. João D'Ávila"},
    }
    parameters = template.parameters(context)
    filled = re.sub(r"\{\{(\w+)\}\}", lambda mark: parameters[mark[1]], template.meta_body())
    assert filled == template.render(context)


def test_the_payload_for_meta_names_each_parameter_with_an_example() -> None:
    payload = LIBRARY["retomar"].meta_payload()
    assert payload == {
        "name": "retencao_retomar",
        "category": "UTILITY",
        "language": "pt_BR",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": (
                    "Olá, {{dentist_addressed}}! Retomo o nosso contato do dia {{case_last_touch_day}} sobre o "
                    "protocolo {{case_protocol}}.\n\nGostaria de saber se conseguiu ver o que enviei. Podemos "
                    "continuar com a parceria?"
                ),
                "example": {
                    "body_text_named_params": [
                        {"param_name": "case_last_touch_day", "example": "17/01/2024"},
                        {"param_name": "case_protocol", "example": "SAD123456789012"},
                        {"param_name": "dentist_addressed", "example": "Dra. Helena"},
                    ]
                },
            }
        ],
    }


def test_a_block_is_no_template_at_meta() -> None:
    with pytest.raises(ValueError, match="suporte is a block"):
        LIBRARY["suporte"].meta_payload()


def test_every_fact_is_explained_and_has_an_example() -> None:
    assert all(VOCABULARY[name] and fact(EXAMPLE, name) for name in VOCABULARY)


@pytest.mark.parametrize(("items", "joined"), [(["a"], "a"), (["a", "b"], "a e b"), (["a", "b", "c"], "a, b e c")])
def test_lists_are_joined_as_in_portuguese(items: list[str], joined: str) -> None:
    assert join_pt(items) == joined


def test_only_the_first_letter_is_made_large() -> None:
    assert capitalize_first("a Dra. Helena") == "A Dra. Helena"
    assert capitalize_first("") == ""


def test_another_wording_keeps_what_the_text_proves_and_its_name_at_meta() -> None:
    ours = LIBRARY["primeiro_contato"]
    other = ours.reworded("Abertura", "Olá, {{ dentist.addressed }}!\nPodemos conversar?")
    assert (other.title, other.offers, other.whatsapp_name) == ("Abertura", ours.offers, ours.whatsapp_name)
    assert other.render(EXAMPLE) == "Olá, Dra. Helena!\nPodemos conversar?"
    assert ours.meta_body() != other.meta_body()
    for same in (ours.reworded("Outro título", None), ours.reworded(None, f"\n{ours.body}\n")):
        assert same.meta_body() == ours.meta_body()


@pytest.mark.parametrize(
    ("key", "body", "line", "problem"),
    [
        ("suporte", "Um.\n\n", 1, ""),
        ("suporte", "Um\ndois\n{{ dentist.nome }}.", 3, "variável desconhecida: dentist.nome"),
        ("suporte", "Um {{ support.phone", 1, "falta fechar as chaves"),
        ("suporte", "Um {% se x %}", 1, "comando desconhecido"),
        ("suporte", "Um {{ " + "(" * 2000, 1, "parênteses demais"),
        ("suporte", "{% if case.protocol %}" + "x" * 3000 + "{% endif %}", 1, "texto longo demais"),
        ("suporte", " \n ", 1, "o texto está vazio"),
        ("retomar", "Olá!\nO prazo é {{ guide.term }}", 2, "não pode terminar com uma variável"),
    ],
)
def test_another_wording_is_checked_with_lines_counted_in_it(key: str, body: str, line: int, problem: str) -> None:
    if not problem:
        assert LIBRARY[key].reworded(None, body).body == "Um."
        return
    with pytest.raises(TemplateError) as refused:
        LIBRARY[key].reworded(None, body)
    assert refused.value.line == line
    assert problem in refused.value.problem
