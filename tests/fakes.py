"""In-memory stand-ins for the smaller ports; the EHR's is `toy_ehr`, the store's `memory_store`."""

from collections.abc import Sequence
from datetime import date, datetime

from openchair.models.journal import Claim
from openchair.models.office import BookCheck, OfficeCheck


class FakeClaims:
    """Satisfies `ports.ClaimReader`."""

    def __init__(self, claims: Sequence[Claim] = ()) -> None:
        self.held = list(claims)

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]:
        return [claim for claim in self.held if claim.start < end and claim.end > start]


class FakeOffice:
    """Satisfies `ports.OfficeReader`: gives its answers one after the other."""

    def __init__(self, *answers: OfficeCheck | Exception, book: BookCheck | Exception | None = None) -> None:
        self._answers = list(answers)
        self._book = book or BookCheck()
        self.days: tuple[date, date] | None = None

    def check_office(self) -> OfficeCheck:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check_book(self, start_date: date, end_date: date) -> BookCheck:
        self.days = start_date, end_date
        if isinstance(self._book, Exception):
            raise self._book
        return self._book
