"""Practices and callers in the table Practices."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pynamodb.exceptions import PutError, PynamoDBException

from openchair.errors import PracticeNotFound, StaleVersion, StoreError, StoreUnavailable
from openchair.models.practice import Practice, PracticeRecord
from openchair.store import tables
from openchair.store.tables import CallerItem, PracticeItem


@dataclass(frozen=True, slots=True)
class CallerRecord:
    """Who may touch what. `caller_id` is an IAM role or user ARN without path or session."""

    caller_id: str
    practice_ids: tuple[str, ...]
    may_overlap: bool = False


class PracticeStore:
    """Satisfies `ports.PracticeReader`; writing is the operator's, by the CLI."""

    def practice(self, practice_id: str) -> PracticeRecord:
        try:
            item = PracticeItem.get(*tables.practice_key(practice_id), consistent_read=True)
        except PracticeItem.DoesNotExist:
            raise PracticeNotFound from None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        return _record(item)

    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord:
        """Raises PracticeNotFound alike for an unknown practice and for one that is not this caller's."""
        try:
            caller = CallerItem.get(*tables.caller_key(caller_id), consistent_read=True)
        except CallerItem.DoesNotExist:
            raise PracticeNotFound from None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        if practice_id not in caller.practice_ids:
            raise PracticeNotFound
        record = self.practice(practice_id)
        return PracticeRecord(record.practice, record.version, record.ehr_account_id, bool(caller.may_overlap))

    def practices(self) -> list[PracticeRecord]:
        return [_record(item) for item in PracticeItem.query(tables.ALL_PRACTICES, consistent_read=True)]

    def put(self, practice: Practice, ehr_account_id: str) -> PracticeRecord:
        """Stores the document as the next version; StaleVersion when somebody else did so in between."""
        key = tables.practice_key(practice.id)
        try:
            before = int(PracticeItem.get(*key, consistent_read=True).version)
        except PracticeItem.DoesNotExist:
            before = 0
        unchanged = (PracticeItem.version == before) if before else PracticeItem.pk.does_not_exist()
        item = PracticeItem(
            *key, document=practice.model_dump_json(), version=before + 1, ehr_account_id=ehr_account_id
        )
        try:
            item.save(condition=unchanged)
        except PutError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                raise StaleVersion from error
            raise StoreUnavailable from error
        return PracticeRecord(practice, before + 1, ehr_account_id)

    def allow(self, caller_id: str, practice_ids: Sequence[str], may_overlap: bool = False) -> None:
        """Replaces what the caller may touch."""
        CallerItem(
            *tables.caller_key(caller_id), practice_ids=sorted(set(practice_ids)), may_overlap=may_overlap
        ).save()

    def callers(self) -> list[CallerRecord]:
        return [
            CallerRecord(item.sk.removeprefix("CALLER#"), tuple(item.practice_ids), bool(item.may_overlap))
            for item in CallerItem.query(tables.ALL_CALLERS, consistent_read=True)
        ]


def _record(item: PracticeItem) -> PracticeRecord:
    try:
        practice = Practice.model_validate_json(item.document)
    except ValidationError as error:
        raise StoreError("A stored practice document is not valid any more.") from error
    return PracticeRecord(practice, int(item.version), item.ehr_account_id)
