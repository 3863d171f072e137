"""What captions tell the rest of the app when it starts."""


def load() -> None:
    from video import player_settings
    from video.captions import reading
    from video.hls import captions as texts
    from video.library import slots

    texts.register(reading.of_stream, reading.text_of_stream)
    player_settings.fills(reading.of_player)
    slots.add_slot("beside", "video/captions/_beside.html", reading.of_page, order=60)
    slots.add_slot("edit", "video/captions/_of_edit.html", order=60)
