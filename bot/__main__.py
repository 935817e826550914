"""``python -m bot`` is ``retencao``."""

from bot.cli import main

main()
