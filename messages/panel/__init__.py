"""The panel: how far cases came, why and how they ended, how long they took; as pages, pictures and sheets."""
