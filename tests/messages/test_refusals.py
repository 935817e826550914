"""Every error of WhatsApp's, row by row: whose turn it is, when, and a sentence that says what to do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messages.contracts import SendResult, Verdict
from messages.refusals import TABLE, Act, Refusal, refusal_of
from messages.webhook import read_webhook
from messages.whatsapp import read_answer

RETRY, TEMPLATE, ANALYST, OPERATOR, STOP = Act
SECONDS, MINUTES, LONG, A_DAY = timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=25)

ROWS: list[tuple[int, str, Act, timedelta | None, str]] = [
    (4, "", RETRY, LONG, "limitou as chamadas"),
    (80007, "", RETRY, LONG, "limitou as chamadas"),
    (130429, "", RETRY, SECONDS, "velocidade dos envios"),
    (131000, "", RETRY, SECONDS, "erro interno"),
    (131016, "", RETRY, MINUTES, "fora do ar"),
    (131056, "", RETRY, MINUTES, "demais, em pouco tempo, para este dentista"),
    (131057, "", RETRY, LONG, "manutenção"),
    (131047, "24 hours have passed", TEMPLATE, None, "envie um modelo aprovado"),
    (131009, "Recipient phone number is not valid", ANALYST, None, "corrija o número"),
    (131021, "", ANALYST, None, "corrija o telefone"),
    (131026, "", ANALYST, None, "confira o número com o dentista"),
    (131049, "", ANALYST, A_DAY, "espere mais de 24 horas"),
    (130472, "", ANALYST, None, "escreva pelo seu WhatsApp"),
    (131051, "", ANALYST, None, "PDF ou imagem"),
    (131053, "", ANALYST, None, "tamanho menor"),
    (131062, "", ANALYST, None, "peça o telefone"),
    (131050, "", STOP, None, "nada mais será enviado"),
    (132000, "", OPERATOR, None, "mesmos campos"),
    (132001, "", OPERATOR, None, "não existe na Meta"),
    (132005, "", OPERATOR, None, "tamanho permitido"),
    (132007, "", OPERATOR, None, "regras de conteúdo"),
    (132008, "", OPERATOR, None, "de um jeito que a Meta não aceita"),
    (132012, "", OPERATOR, None, "num formato"),
    (132015, "", OPERATOR, None, "pausou"),
    (132016, "", OPERATOR, None, "desativou"),
    (132018, "", OPERATOR, None, "quebra de linha"),
    (0, "", OPERATOR, None, "permissão"),
    (3, "", OPERATOR, None, "permissão"),
    (10, "", OPERATOR, None, "permissão"),
    (200, "", OPERATOR, None, "permissão"),
    (250, "", OPERATOR, None, "permissão"),
    (299, "", OPERATOR, None, "permissão"),
    (33, "", OPERATOR, None, "não existe mais"),
    (100, "Invalid parameter", OPERATOR, None, "não entendeu"),
    (131008, "", OPERATOR, None, "não entendeu"),
    (131009, "Param language", OPERATOR, None, "não entendeu"),
    (190, "", OPERATOR, None, "expirou"),
    (368, "", OPERATOR, None, "bloqueou por um tempo"),
    (130497, "", OPERATOR, None, "este país"),
    (131030, "", OPERATOR, None, "de teste"),
    (131005, "", OPERATOR, None, "permissão"),
    (131031, "", OPERATOR, None, "está bloqueada"),
    (131037, "", OPERATOR, None, "nome de exibição"),
    (131042, "", OPERATOR, None, "pagamento"),
    (131045, "", OPERATOR, None, "certificado"),
    (131048, "", OPERATOR, None, "denunciou ou bloqueou"),
    (133010, "", OPERATOR, None, "registrado"),
    (199, "", ANALYST, None, "(199)"),
    (300, "", ANALYST, None, "(300)"),
    (999999, "algo novo", ANALYST, None, "(999999: algo novo)"),
]
SHUT = {0, 3, 10, 200, 250, 299, 33, 190, 368, 131005, 131031, 131037, 131045, 133010}  # nothing at all would leave


def test_the_rows_here_are_all_that_there_are() -> None:
    assert TABLE.keys() <= {code for code, *_ in ROWS}


@pytest.mark.parametrize(("code", "details", "act", "wait", "says"), ROWS)
def test_a_code_is_answered_and_reported_by_the_same_row(
    code: int, details: str, act: Act, wait: timedelta | None, says: str
) -> None:
    row = refusal_of(code, details)
    assert (row.act, row.wait) == (act, wait)
    answered, reported = _answered(code, details), _reported(code, details)
    assert answered.verdict is (Verdict.RETRY if act is RETRY else Verdict.SHUT if code in SHUT else Verdict.REJECTED)
    assert (answered.code, answered.retry_after) == (code, wait)
    for told in (answered.reason, reported):
        assert told[0].isupper() and told.endswith(".") and says in (told if act is not OPERATOR else told + row.cause)
    assert ("repetido sozinho" in answered.reason) is (act is RETRY)  # what a status tells is repeated by a person only
    assert ("Enviar de novo" in reported) is (act is RETRY)
    assert ("supervisão foi avisada" in reported) is (act is OPERATOR)
    assert answered.reason == (row.to_supervisors if code in SHUT else row.answered)
    assert act is not OPERATOR or says in row.to_supervisors


@pytest.mark.parametrize("row", [row for rows in TABLE.values() for row in rows])
def test_every_row_says_what_to_do(row: Refusal) -> None:
    assert row.cause[0].isupper() and not row.cause.endswith(".")
    assert bool(row.remedy) is (row.act is not RETRY)
    assert row.act is not RETRY or row.wait


def _answered(code: int, details: str) -> SendResult:
    return read_answer(400, json.dumps({"error": _error(code, details)}).encode())


def _reported(code: int, details: str) -> str:
    at = str(int(datetime(2023, 10, 30, tzinfo=UTC).timestamp()))
    status = {"id": "wamid.A", "status": "failed", "timestamp": at, "errors": [_error(code, details)]}
    value = {"statuses": [status]}
    body = {"entry": [{"changes": [{"field": "messages", "value": value}]}]}
    (receipt,) = read_webhook(json.dumps(body).encode()).receipts
    assert receipt.code == code
    return receipt.reason


def _error(code: int, details: str) -> dict[str, Any]:
    told: dict[str, Any] = {"code": code, "message": "…", "error_data": {"details": details}}
    return {**told, "code": 100, "error_subcode": 33} if code == 33 else told
