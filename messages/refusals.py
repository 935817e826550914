"""What WhatsApp's error codes mean here: one table, for the answer to a send and for a ``failed`` status alike.

Codes: Meta's Cloud API, v26. A row says what happened, what to do about it, and whose turn it is. Whether a send is
repeated by itself depends on where the code stood: an answer that refuses is certain, while a ``failed`` status may
still be overtaken by ``delivered``, so after that only a person sends again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Act(StrEnum):
    """Whose turn it is."""

    RETRY = "retry"  # ours: it certainly did not leave, and goes again after a wait
    TEMPLATE = "template"  # the analyst's: the window is shut, an approved template is one tap away
    ANALYST = "analyst"  # the analyst's: it is about this dentist or this message
    OPERATOR = "operator"  # the supervisors': it is about the account or a template, and hits every message alike
    STOP = "stop"  # nobody's: the dentist wants no more


@dataclass(frozen=True, slots=True)
class Refusal:
    """``cause`` is a sentence without its end, ``remedy`` what to do, in small letters. ``wait``: not earlier than so
    much later. ``holding``: a row that holds only where Meta's details say so. ``shut``: it is about the account as a
    whole, and until that is well nothing leaves."""

    act: Act
    cause: str
    remedy: str = ""
    wait: timedelta | None = None
    holding: str = ""
    shut: bool = False

    @property
    def answered(self) -> str:
        """For the analyst, of the answer to a send."""
        return f"{self.cause}: o envio será repetido sozinho." if self.act is Act.RETRY else self._told

    @property
    def reported(self) -> str:
        """For the analyst, of a ``failed`` status: nothing is repeated by itself."""
        if self.act is Act.RETRY:
            return f"{self.cause}: espere alguns minutos e toque em “Enviar de novo”."
        return self._told

    @property
    def to_supervisors(self) -> str:
        return f"{self.cause}: {self.remedy}."

    @property
    def _told(self) -> str:
        if self.act is Act.OPERATOR:
            return f"{self.cause}: a supervisão foi avisada. Se for urgente, envie pelo seu WhatsApp."
        return f"{self.cause}: {self.remedy}."


INVALID, OPTED_OUT, WINDOW_SHUT, HELD_BACK, PAIR_RATE = 100, 131050, 131047, 131049, 131056
A_DAY = timedelta(hours=25)  # “more than 24 hours”, counted from when we heard of it
SECONDS, MINUTES, LONG = timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)


def _retry(cause: str, wait: timedelta) -> tuple[Refusal, ...]:
    return (Refusal(Act.RETRY, cause, wait=wait),)


def _analyst(cause: str, remedy: str, wait: timedelta | None = None) -> tuple[Refusal, ...]:
    return (Refusal(Act.ANALYST, cause, remedy, wait),)


def _operator(cause: str, remedy: str) -> tuple[Refusal, ...]:
    return (Refusal(Act.OPERATOR, cause, remedy),)


def _shut(cause: str, remedy: str) -> tuple[Refusal, ...]:
    return (Refusal(Act.OPERATOR, cause, remedy, shut=True),)


def _template(cause: str) -> tuple[Refusal, ...]:
    return _operator(cause, "veja-o em Supervisão, “Modelos na Meta”, e envie-o de novo para aprovação")


_PERMISSION = _shut(
    "Falta à operadora uma permissão no WhatsApp",
    "peça à TI que dê ao WHATSAPP_TOKEN a permissão whatsapp_business_messaging",
)
_NOT_UNDERSTOOD = _operator("O WhatsApp não entendeu o que o assistente enviou", "avise a TI, com o código abaixo")
_PHONE = Refusal(
    Act.ANALYST, "O WhatsApp não aceita este telefone", "corrija o número do dentista", holding="phone number"
)

TABLE: Mapping[int, tuple[Refusal, ...]] = {
    # wait, and try again
    4: _retry("A Meta limitou as chamadas do assistente", LONG),
    80007: _retry("A Meta limitou as chamadas da conta da operadora", LONG),
    130429: _retry("O WhatsApp limitou a velocidade dos envios da operadora", SECONDS),
    131000: _retry("O WhatsApp teve um erro interno", SECONDS),
    131016: _retry("O WhatsApp está fora do ar", MINUTES),
    PAIR_RATE: _retry("Foram mensagens demais, em pouco tempo, para este dentista", MINUTES),
    131057: _retry("A conta da operadora está em manutenção no WhatsApp", LONG),
    # outside the window
    WINDOW_SHUT: (Refusal(Act.TEMPLATE, "A janela de 24 horas está fechada", "envie um modelo aprovado"),),
    # about this dentist, or this message
    131009: (_PHONE, *_NOT_UNDERSTOOD),
    131021: _analyst("Este é o número da própria operadora", "corrija o telefone do dentista"),
    131026: _analyst("Este número não recebe mensagens pelo WhatsApp", "confira o número com o dentista, ou ligue"),
    HELD_BACK: _analyst(
        "O WhatsApp segurou esta mensagem, porque o dentista já recebe divulgação demais",
        "espere mais de 24 horas para tentar de novo",
        A_DAY,
    ),
    130472: _analyst(
        "O WhatsApp não entrega divulgação a este número, que está num teste da Meta", "escreva pelo seu WhatsApp"
    ),
    131051: _analyst("O WhatsApp não aceita este tipo de mensagem", "envie como texto, PDF ou imagem"),
    131053: _analyst("O WhatsApp não aceitou o arquivo", "envie-o como PDF ou imagem, em tamanho menor"),
    131062: _analyst("O WhatsApp não sabe quem é este contato", "peça o telefone ao dentista e informe no caso"),
    OPTED_OUT: (
        Refusal(
            Act.STOP, "O dentista bloqueou as mensagens da operadora", "nada mais será enviado a ele, por nenhum canal"
        ),
    ),
    # about a template
    132000: _template("O modelo não tem na Meta os mesmos campos que aqui"),
    132001: _template("O modelo não existe na Meta, ou ainda não foi aprovado"),
    132005: _template("O modelo passa do tamanho permitido, depois de preenchido"),
    132007: _template("A Meta diz que o modelo desrespeita as regras de conteúdo"),
    132008: _template("Um campo do modelo foi preenchido de um jeito que a Meta não aceita"),
    132012: _template("Um campo do modelo está num formato que a Meta não aceita"),
    132015: _template("A Meta pausou o modelo, por baixa qualidade"),
    132016: _template("A Meta desativou o modelo, por baixa qualidade"),
    132018: _template("Um campo do modelo tem quebra de linha ou espaços demais"),
    # about the account, the number or the token
    0: _PERMISSION,
    3: _PERMISSION,
    10: _PERMISSION,
    33: _shut("O número da operadora não existe mais na Meta", "avise a TI (WHATSAPP_PHONE_NUMBER_ID)"),
    INVALID: _NOT_UNDERSTOOD,
    131008: _NOT_UNDERSTOOD,
    190: _shut("O acesso da operadora ao WhatsApp expirou", "peça à TI um novo WHATSAPP_TOKEN"),
    368: _shut(
        "O WhatsApp bloqueou por um tempo o número da operadora",
        "veja o motivo e até quando no Gerenciador do WhatsApp",
    ),
    130497: _operator("A conta da operadora não pode escrever para este país", "veja as restrições na Meta"),
    131030: _operator("O número da operadora ainda é de teste e só escreve a números cadastrados", "avise a TI"),
    131005: _PERMISSION,
    131031: _shut(
        "A conta da operadora no WhatsApp está bloqueada", "veja o motivo no Gerenciador do WhatsApp e peça a revisão"
    ),
    131037: _shut("O nome de exibição do número ainda não foi aprovado", "peça a aprovação na Meta"),
    131042: _operator("Há uma pendência de pagamento na conta do WhatsApp", "resolva a cobrança na Meta"),
    131045: _shut("O certificado do número da operadora não vale", "peça à TI que o registre de novo"),
    131048: _operator(
        "O WhatsApp limitou o número da operadora, porque muita gente o denunciou ou bloqueou",
        "reduza os envios até a qualidade subir",
    ),
    133010: _shut("O número da operadora não está registrado no WhatsApp", "peça à TI que o registre"),
}


def refusal_of(code: int, details: str = "") -> Refusal:
    """The row of a code; of several, the first whose details fit. A code without a row is told as it came."""
    if code not in TABLE and 200 <= code <= 299:
        return _PERMISSION[0]
    rows = TABLE.get(code)
    if rows is None:
        told = f"O WhatsApp recusou o envio ({code}{': ' + details[:200] if details else ''})"
        return Refusal(Act.ANALYST, told, "tente de novo; se repetir, avise a TI")
    return next(row for row in rows if row.holding in details.casefold())
