"""The drawn day, character by character."""

from datetime import UTC, datetime, time

from tools.cli.drawing import ASCII, UNICODE, Chair, Visit, draw_day, draw_openings

CHAIRS = [Chair("1", "Treatment 1"), Chair("2", "Hygiene 1")]


def drawn(*visits: Visit, **options: int) -> list[str]:
    hours = {"opens": 8, "closes": 10} | options
    return draw_day("Tuesday", CHAIRS, visits, look=UNICODE, **hours).plain.splitlines()


def test_an_empty_day_shows_chairs_and_half_hours() -> None:
    assert drawn() == [
        "Tuesday",
        "      │Treatment 1 │ Hygiene 1  │",
        "08:00 │     ·      │     ·      │",
        "08:30 │     ·      │     ·      │",
        "09:00 │     ·      │     ·      │",
        "09:30 │     ·      │     ·      │",
    ]


def test_visits_fill_their_chair_and_ours_stands_out() -> None:
    taken = Visit("1", time(8, 0), 60, "#17")
    ours = Visit("2", time(8, 30), 60, "Wrenna", is_ours=True)
    lunch = Visit("1", time(9, 30), 30, "Lunch", is_blocked=True)

    assert drawn(taken, ours, lunch) == [
        "Tuesday",
        "      │Treatment 1 │ Hygiene 1  │",
        "08:00 │▒ #17 ▒▒▒▒▒▒│     ·      │",
        "08:30 │▒▒▒▒▒▒▒▒▒▒▒▒│█ *Wrenna ██│",
        "09:00 │     ·      │████████████│",
        "09:30 │╱ Lunch ╱╱╱╱│     ·      │",
    ]


def test_a_visit_between_two_rows_touches_both() -> None:
    rows = drawn(Visit("1", time(8, 20), 20, "#17"))

    assert rows[2] == "08:00 │▒ #17 ▒▒▒▒▒▒│     ·      │"
    assert rows[3] == "08:30 │▒▒▒▒▒▒▒▒▒▒▒▒│     ·      │"


def test_ours_is_seen_even_where_another_visit_lies_under_it() -> None:
    rows = drawn(Visit("1", time(8, 0), 60, "#17"), Visit("1", time(8, 0), 30, "Wrenna", is_ours=True))

    assert rows[2] == "08:00 │█ *Wrenna ██│     ·      │"


def test_the_day_grows_with_its_earliest_and_latest_visit() -> None:
    rows = drawn(Visit("1", time(7, 30), 30, "#1"), Visit("1", time(10, 0), 90, "#2"), Visit("2", time(23, 30), 60))

    assert rows[2].startswith("07:00")
    assert rows[-1] == "23:30 │     ·      │▒▒▒▒▒▒▒▒▒▒▒▒│"


def test_long_names_are_cut_to_the_column() -> None:
    picture = draw_day("Tuesday", [Chair("1", "A chair with a long name")], [], opens=8, closes=9).plain

    assert "│A chair with│" in picture


def test_a_terminal_without_unicode_gets_plain_characters() -> None:
    picture = draw_day("Tuesday", CHAIRS, [Visit("1", time(8, 0), 30, is_ours=True)], look=ASCII).plain

    assert picture.isascii()


def test_openings_are_a_bar_of_half_hours() -> None:
    starts = [datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 9, 40, tzinfo=UTC)]

    assert draw_openings("Hygiene 1", starts, opens=7, closes=11).plain == " Hygiene 1   07 ··█··█·· 11"
