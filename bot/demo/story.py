"""The story of one case, on its real dates: 30/10/2023 to 22/01/2024, from the operator's form to the printed one."""

from dataclasses import dataclass
from importlib.resources import files

from bot.demo.phones import Analyst, Dentist, Emulators, Screen

PROTOCOL = "SAD169000763629"
OPENING = "real-a-opening.txt"
UNDO = 10  # seconds of business time in which a message can still be taken back

CONTEXT_NOTE = (
    "Dra. Marina não possui nenhuma especialidade conforme CFO. Está credenciada na rede concorrente: Bradesco. "
    "Em Salvador dispomos de 178 profissionais na área de Clínica Geral e 42 na área de Endodontia."
)
READJUSTMENT_NOTE = (
    "Dra. tem direito ao reajuste conforme cálculo IPCA de setembro de 2022 a outubro de 2023, de 0,35 para 0,37 para "
    "a tabela base; percentual informado pela supervisão: 4,7357%; sem reajuste desde 20/10/2021. Autorizado aplicar "
    "índice IPCA: moeda base 0,37; ortodontia 0,30 e sem alteração dos atos diferenciados."
)
TALK_ON_HER_OWN_PHONE = """\
[14:02, 06/12/2023] Retenção - Sorriso Pleno: Boa tarde, Dra. Marina! O reajuste da sua tabela foi autorizado: a moeda \
base passa de R$ 0,35 para R$ 0,37, pelo IPCA de setembro de 2022 a outubro de 2023. Ortodontia continua em R$ 0,30 e \
os atos diferenciados não mudam.
[14:03, 06/12/2023] Retenção - Sorriso Pleno: Vou lhe mandar a tabela nova por e-mail. Consegue dar uma olhada e me \
dizer o que achou?
[14:20, 06/12/2023] MARINA 90485 SALVADOR BA: Boa tarde. Pode mandar, vou olhar com calma
[14:21, 06/12/2023] Retenção - Sorriso Pleno: Enviada, Dra. Qualquer dúvida, estou por aqui."""
CANCEL_HERE = (
    "Bom dia! Pode seguir por aqui mesmo. Para isso, preciso da confirmação da Dra. Marina, em nome de quem está o "
    "pedido.\n\nCom quem eu falo, por gentileza?"
)
WHICH_CROS = "A clínica tem seis CROs; sai só o da Dra. Marina, 90485."
GENERAL_NOTES = (
    "Foi autorizado o reajuste da tabela de valores e foram ofertadas ação de divulgação e suporte; mesmo assim a "
    "dentista insiste em seguir com o desligamento, por conta de valores."
)


def opening_form() -> bytes:
    """The operator's first-day form: its header, nothing more."""
    return (files("bot.demo") / OPENING).read_bytes()


@dataclass(frozen=True, slots=True)
class Story:
    emulators: Emulators
    ana: Analyst
    marina: Dentist

    async def told(self, invitation: str) -> dict[str, bytes]:
        """Live through all of it; the form's files as the analyst received them, by name."""
        await self.opening(invitation)
        await self.first_touch()
        await self.first_talk()
        await self.second_talk()
        await self.notes()
        await self.until_friday()
        await self.friday()
        await self.end()
        return await self.form()

    async def opening(self, invitation: str) -> None:
        await self.ana.arrives(invitation)
        await self.ana.sees("Acesso liberado")
        await self.emulators.at("30/10/2023 10:52:00")
        await self.ana.sends_document(opening_form(), OPENING)
        await self.ana.sees("Qual o WhatsApp")
        await self.ana.writes("71 98000-0017")
        asked = await self.ana.sees("Como tratamos")
        asked = await self.ana.taps("Dra.", on=asked)
        asked = await self.ana.taps("Pular", on=asked)
        await self.ana.taps("Abrir caso", on=asked)

    async def first_touch(self) -> None:
        """30/10: the approved template, whole; nobody answers."""
        await self.emulators.at("30/10/2023 11:00:50")
        await self._template("Primeiro contato", "Primeiro contato (inteira", on=await self._case())

    async def first_talk(self) -> None:
        """09/11: the dentist's words open the window, and what fits is composed."""
        await self.emulators.at("09/11/2023 16:19:00")
        await self.marina.writes("Boa tarde! Só agora vi a mensagem de vocês. Pode falar.")
        card = await self.ana.sees("Só agora vi")
        await self.emulators.at("09/11/2023 16:21:50")
        await self._composed(card, "Abertura", "Prazo de liberação", "Canal exclusivo", "Ação de divulgação")
        await self.emulators.at("09/11/2023 16:31:00")
        await self.marina.writes(
            "O endereço e o telefone são os mesmos",
            "Pedi para sair porque quase não aparece paciente e a guia demora muito para ser liberada",
        )
        card = await self.ana.sees("quase não aparece paciente")
        await self.emulators.at("09/11/2023 16:34:00")
        await self._answer(
            card,
            "Entendi, Dra. Marina. Vou pedir a divulgação com esses dados. E, se alguma guia atrasar, me mande o "
            "número por aqui que eu acompanho.",
        )
        card = await self.ana.taps("Agendar retorno", on=card)
        await self.ana.writes("22/11 às 10h saber se a procura melhorou")
        await self.ana.sees("Retorno qua., 22/11 às 10h")

    async def second_talk(self) -> None:
        """22/11: the follow-up falls due; outside the window a template reopens the talk."""
        await self.emulators.at("22/11/2023 10:00:00")
        nudge = await self.ana.sees("Marcado para hoje às 10h")
        await self.emulators.at("22/11/2023 10:04:50")
        await self._template("Próxima mensagem", "Retomar a conversa", on=nudge)
        await self.emulators.at("22/11/2023 10:12:00")
        await self.marina.writes(
            "Bom dia! A procura continua fraca", "E as guias demoram, já fiquei semanas esperando uma liberação"
        )
        card = await self.ana.sees("já fiquei semanas")
        await self.emulators.at("22/11/2023 10:15:00")
        await self._answer(
            card,
            "Entendo, Dra. Realmente, até março deste ano houve inconsistência no sistema, mas já voltou ao normal.",
        )
        await self.emulators.at("22/11/2023 10:16:50")
        await self._composed(card, "Prazo de liberação", "Canal exclusivo", "Reajuste: direito")
        await self.emulators.at("22/11/2023 10:25:00")
        await self.marina.writes("Pode solicitar, sim. O valor pago hoje está muito baixo")
        card = await self.ana.sees("está muito baixo")
        await self.emulators.at("22/11/2023 10:27:00")
        await self._answer(card, "Combinado, Dra. Vou solicitar a análise e trago os novos valores.")
        await self.ana.taps("Concluir retorno", on=card)

    async def notes(self) -> None:
        """06/12: what was found out and what was authorised; a talk on the analyst's own phone, pasted twice."""
        await self.emulators.at("06/12/2023 09:10:00")
        await self._note(CONTEXT_NOTE)
        await self.emulators.at("06/12/2023 11:20:00")
        await self._note(READJUSTMENT_NOTE)
        await self.emulators.at("06/12/2023 15:02:00")
        await self.ana.writes(TALK_ON_HER_OWN_PHONE)
        await self.ana.taps("Registrar", on=await self.ana.sees("4 novas"))
        await self.emulators.at("06/12/2023 15:03:00")
        await self.ana.writes(TALK_ON_HER_OWN_PHONE)
        await self.ana.taps("Cancelar", on=await self.ana.sees("0 novas, 4 já registradas"))

    async def until_friday(self) -> None:
        """17/01: "até sexta", and a follow-up for it."""
        await self.emulators.at("17/01/2024 09:34:50")
        await self._template("Escrever", "Retomar a conversa", on=await self._case())
        await self.emulators.at("17/01/2024 09:38:00")
        await self.marina.writes("Bom dia!", "Ainda tenho que verificar a tabela")
        card = await self.ana.sees("Ainda tenho que verificar")
        await self.emulators.at("17/01/2024 09:40:50")
        await self._answer(card, "Entendi, Dra. Até sexta a Dra. conseguiria verificar a tabela?")
        await self.emulators.at("17/01/2024 09:45:00")
        await self.marina.writes("Sim")
        card = await self.ana.sees("Sim")
        await self.emulators.at("17/01/2024 09:45:30")
        await self._answer(card, "Perfeito, Dra., retornarei o contato na sexta então. Obrigada pela atenção!")
        card = await self.ana.taps("Agendar retorno", on=card)
        await self.ana.taps("Sexta 14h", on=card)
        await self.emulators.at("17/01/2024 09:46:30")
        await self.marina.writes("Certo", "E no caso da liberação de procedimento, está sendo no mesmo dia?")
        card = await self.ana.sees("está sendo no mesmo dia?")
        await self.emulators.at("17/01/2024 09:48:50")
        await self._composed(card, "Resposta: a liberação sai no mesmo dia?")

    async def friday(self) -> None:
        """19/01: the promise is kept, and the follow-up moved to Monday."""
        await self.emulators.at("19/01/2024 14:00:00")
        nudge = await self.ana.sees("Marcado para hoje às 14h")
        await self.emulators.at("19/01/2024 14:03:00")
        choices = await self.ana.taps("Adiar", on=nudge)
        card = await self.ana.taps("Segunda 9h", on=choices)
        await self.emulators.at("19/01/2024 14:04:50")
        await self._template("Escrever", "Retomar a conversa", on=card)

    async def end(self) -> None:
        """22/01: the secretary asks, the dentist herself confirms, the case is closed."""
        await self.emulators.at("22/01/2024 09:00:00")
        nudge = await self.ana.sees("Marcado para hoje às 9h")
        await self.emulators.at("22/01/2024 11:48:00")
        await self.marina.writes(
            "A doutora disse que vai mandar mensagem, a gente vai cancelar o plano ou pode cancelar por aqui mesmo?"
        )
        card = await self.ana.sees("A doutora disse")
        await self.emulators.at("22/01/2024 11:51:50")
        preview = await self._preview(card, "Resposta: posso cancelar por aqui?")
        await self.ana.writes(CANCEL_HERE, to=preview)
        await self._approved(await self.ana.sees("Bom dia! Pode seguir por aqui mesmo"))
        await self.ana.taps("Feito", on=nudge)
        await self.emulators.at("22/01/2024 11:58:00")
        await self.marina.writes("Aqui é a Paula, secretária. Vou chamar a doutora")
        card = await self.ana.sees("Aqui é a Paula")
        await self.emulators.at("22/01/2024 12:06:50")
        await self._composed(card, "Confirmação final")
        await self.emulators.at("22/01/2024 12:09:00")
        await self.marina.writes(
            "Sim.", "Aqui é a Marina. Estou ciente e quero seguir com o desligamento, por conta dos valores"
        )
        card = await self.ana.sees("quero seguir com o desligamento")
        await self.emulators.at("22/01/2024 12:11:00")
        await self._answer(
            card,
            "Entendido, Dra. Marina. Vou dar andamento ao seu pedido. Agradeço a atenção e desejo bons atendimentos!",
        )
        await self.marina.opens()
        await self.emulators.at("22/01/2024 12:15:00")
        screen = await self._case()
        for label in ("Encerrar", "Desligamento", "Valores", "Continuar"):
            screen = await self.ana.taps(label, on=screen)
        await self.ana.writes(GENERAL_NOTES)
        await self._settles(await self.ana.sees("Obs. Geral: Foi autorizado"))

    async def _settles(self, screen: Screen) -> None:
        """What is in the way of the end is told: mended, looked at, or explained."""
        for labels in (
            ("NÃO",),
            ("Outros convênios", "Corrigir para SIM"),
            ("Reajuste antes", "Conferi"),
            ("Vários CROs", "Explicar"),
        ):
            for label in labels:
                screen = await self.ana.taps(label, on=screen)
        await self.ana.writes(WHICH_CROS)
        await self.ana.taps("Encerrar o caso", on=await self.ana.sees("Conferido ou liberado"))

    async def form(self) -> dict[str, bytes]:
        await self.emulators.at("22/01/2024 12:17:00")
        await self.ana.taps("Formulário", on=await self._case())
        names = [f"formulario-{PROTOCOL}.{kind}" for kind in ("pdf", "md")]
        return {name: await self.ana.receives(name) for name in names}

    # -- what she does again and again

    async def _case(self) -> Screen:
        """The case's card, by its protocol."""
        await self.ana.writes(PROTOCOL)
        return await self.ana.sees("dias úteis de protocolo")

    async def _note(self, text: str) -> None:
        await self.ana.taps("Anotar", on=await self._case())
        await self.ana.writes(text)
        await self.ana.sees(text[:40])

    async def _template(self, way: str, title: str, on: Screen) -> None:
        choice = await self.ana.taps(way, on=on)
        await self._approved(await self.ana.taps(title, on=choice))

    async def _composed(self, card: Screen, *titles: str) -> None:
        await self._approved(await self._preview(card, *titles))

    async def _preview(self, card: Screen, *titles: str) -> Screen:
        screen = await self.ana.taps("Oferecer", on=card)
        for title in titles:
            screen = await self.ana.taps(title, on=screen)
        return await self.ana.taps("Ver a mensagem", on=screen)

    async def _approved(self, preview: Screen) -> None:
        await self._sent(await self.ana.taps("✅", on=preview))  # an offer is approved, an answer just sent

    async def _answer(self, card: Screen, text: str) -> None:
        """A Telegram reply to the dentist's card: it leaves by itself."""
        await self.ana.writes(text, to=card)
        await self._sent(await self.ana.sees("Desfazer"))

    async def _sent(self, waiting: Screen) -> None:
        """The undo time passes, and it is out."""
        await self.emulators.forward(UNDO)
        await self.ana.sees("entregue", on=waiting)
