"""The short tier of the proof, part of `make test`; the whole one is `make prove`."""

from tests.proofs.explore import Tally
from tests.proofs.report import play, short_jobs, tell_violations


def test_no_kill_answer_or_intervention_of_the_short_tier_breaks_an_invariant() -> None:
    tallies = play(short_jobs(), 2, telling=False)
    whole = Tally()
    for tally in tallies.values():
        whole.add(tally)
    tell_violations(whole)

    assert whole.violated == 0
    assert whole.runs >= 20_000
    assert set(tallies) >= {"singles", "pairs", "triples", "answers", "seeds", "races", "corners", "plain"}
