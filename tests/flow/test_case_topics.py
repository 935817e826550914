"""One topic a case: off by default, a person's own choice; what the dentist writes comes there, and answers go out."""

from tests.flow.test_main_job import first_touch
from tests.flow.world import ANALYST, DENTIST, World, eventually


async def test_a_dentist_has_a_topic_of_their_own(world: World) -> None:
    await first_touch(world)
    await world.whatsapp.writes(DENTIST, "Bom dia, quem fala?")
    here = await world.sees("Bom dia, quem fala?")
    assert here["thread_id"] is None

    await world.telegram.writes(ANALYST, "/preferencias")
    await world.sees("Um tópico por caso: desligado")
    await world.taps("Ligar tópicos")
    await eventually(lambda: told(world, "peça à TI"), "the way to have topics", world.chat)
    world.telegram.threaded()
    await world.taps("Ligar tópicos")
    await world.sees("Um tópico por caso: ligado")

    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "E as guias?")
    card = await world.sees("E as guias?")
    thread = card["thread_id"]
    assert world.telegram.chat(ANALYST)["topics"] == {thread: "Dra. Marina Prado Serra Azul · 3629"}

    await world.telegram.writes(ANALYST, "Agora levam de 24 a 48 horas.", card["message_id"])
    approved = await world.sees("🕓 aprovada")
    assert approved["thread_id"] == thread
    world.forward(seconds=15)
    assert await world.sent(2) == "Agora levam de 24 a 48 horas."

    await world.telegram.writes(ANALYST, "Bom trabalho!", thread_id=thread)
    asked = await world.sees("O que faço com este texto? Nada saiu ainda.")
    assert asked["thread_id"] == thread and len(world.accepted()) == 2
    await world.taps("Enviar à Dra. Marina")
    world.forward(seconds=15)
    assert await world.sent(3) == "Bom trabalho!"

    await world.telegram.writes(ANALYST, "A clínica muda de endereço", thread_id=thread)
    await world.taps("🗒 Anotar no caso")
    await world.sees("O que é? Entra no formulário")
    await world.telegram.writes(ANALYST, "/cancelar", thread_id=thread)
    await world.sees("Nada foi registrado")
    await world.telegram.writes(ANALYST, "/nota Ligou da clínica nova", thread_id=thread)
    assert (await world.sees("Ligou da clínica nova"))["thread_id"] == thread
    await world.taps("Anotação")
    assert (await world.sees("Registrado"))["thread_id"] == thread

    await world.telegram.writes(ANALYST, "SAD169000763629")
    card = await world.sees("Etapa:")
    assert card["thread_id"] is None  # a screen comes where it was asked for
    await world.telegram.deletes_topic(ANALYST, thread)
    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "Combinado então")
    anew = (await world.sees("Combinado então"))["thread_id"]
    assert anew not in (None, thread) and list(world.telegram.chat(ANALYST)["topics"]) == [anew]
    await world.telegram.taps(ANALYST, card["message_id"], text="🪪 Dados")
    await world.sees_in(card["message_id"], "CPF")  # what comes in a topic scrolls nothing away here

    await world.telegram.writes(ANALYST, "/preferencias")
    await world.taps("Desligar tópicos")
    await world.sees("Um tópico por caso: desligado")
    world.forward(minutes=10)
    await world.whatsapp.writes(DENTIST, "Só mais uma coisa")
    assert (await world.sees("Só mais uma coisa"))["thread_id"] is None


def told(world: World, words: str) -> bool:
    return any(words in answer["text"] for answer in world.sandbox.ledger.answers)
