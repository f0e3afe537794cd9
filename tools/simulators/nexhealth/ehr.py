"""The EHR behind an institution: takes accepted writes later, if at all, and is read in cycles.

Nothing here waits: `next_due` says when something is to happen, `step` lets it happen at that moment.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from tools.simulators.nexhealth import rows
from tools.simulators.nexhealth.institution import Happening, Institution
from tools.simulators.nexhealth.records import Appointment, ChartVisit, Patient, SyncState, WriteState

Mode = Literal["prompt", "slow", "refuse", "refuse_at_once", "sleep", "offline"]
Result = Literal["complete", "failed", "incomplete", "never", "reverted"]
WriteKind = Literal["create", "change", "patient"]
_MOVES = {"start", "end", "operatory_id"}
_FIRST_NAME, _LAST_NAME = 15, 20
"""Where the EHR cuts names, with the switch `name_lengths`."""


@dataclass(frozen=True, slots=True)
class EhrSettings:
    """How the EHR behaves; `mode` and the two times can differ by location.

    prompt and slow: writes after `write_seconds` or `slow_seconds`; refuse: the same, but failed; refuse_at_once: 400
    with `reason`; sleep: reads go on and the status stays green, writes wait; offline: neither reads nor writes.
    """

    mode: Mode = "prompt"
    write_seconds: float = 5.0
    slow_seconds: float = 1800.0
    read_cycle_seconds: float = 600.0
    double_booking: Literal["refuse", "accept"] = "refuse"
    edits: bool = True
    moves: bool = True
    reason: str = "Operatory is closed"
    ignored_fields: tuple[str, ...] = ()
    """Fields of a create or change that are taken without complaint and not kept."""

    def changed(self, values: Mapping[str, Any]) -> "EhrSettings":
        """A copy with `values` set; raises ValueError for an unknown name or value."""
        unknown = set(values) - set(self.__slots__)
        if unknown:
            raise ValueError(f"unknown EHR setting {', '.join(sorted(unknown))}; there are {', '.join(self.__slots__)}")
        if "mode" in values and values["mode"] not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}")
        if "double_booking" in values and values["double_booking"] not in ("refuse", "accept"):
            raise ValueError("double_booking must be one of refuse, accept")
        for name in ("write_seconds", "slow_seconds", "read_cycle_seconds"):
            if name in values and (not isinstance(values[name], int | float) or values[name] < 0):
                raise ValueError(f"{name} must be a number of seconds")
        if values.get("read_cycle_seconds") == 0:
            raise ValueError("read_cycle_seconds must be above 0")
        if "ignored_fields" in values:
            values = {**values, "ignored_fields": tuple(values["ignored_fields"])}
        return replace(self, **values)


@dataclass(slots=True)
class WriteRule:
    """What becomes of matching writes, from the `nth` on, `times` times (0 for ever)."""

    result: Result = "complete"
    seconds: float | None = None
    reason: str | None = None
    stored: dict[str, Any] = field(default_factory=dict)
    """Values that the chart gets instead of those asked for."""
    silent: bool = False
    """Whether the event is left out."""
    kind: WriteKind | None = None
    location_id: int | None = None
    nth: int = 1
    times: int = 1
    seen: int = 0
    struck: int = 0

    def strikes(self, kind: WriteKind, location: int) -> bool:
        if self.kind not in (None, kind) or self.location_id not in (None, location):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.struck >= self.times):
            return False
        self.struck += 1
        return True


@dataclass(slots=True, kw_only=True)
class Write:
    """An accepted write that the EHR does not have yet."""

    number: int
    kind: WriteKind
    row_id: int
    location_id: int
    accepted_at: datetime
    due_at: datetime
    expires_at: datetime | None
    values: dict[str, Any]
    rule: WriteRule
    before: Appointment | None = None


class Ehr:
    """Access only under the server's lock."""

    def __init__(self, institution: Institution, now: datetime) -> None:
        self.institution = institution
        self.settings = EhrSettings(edits=institution.emr.edits, moves=institution.emr.moves)
        self.by_location: dict[int, dict[str, Any]] = {}
        self.rules: list[WriteRule] = []
        self.pending: list[Write] = []
        self.sync = SyncState("green", now, "green", now)
        self._next_read = now + timedelta(seconds=self.settings.read_cycle_seconds)
        self._writes = 0
        institution.last_read = dict.fromkeys(institution.locations, now)

    def rewind(self, now: datetime) -> None:
        """The clock was set back: the next read is at most a cycle away."""
        self._next_read = min(self._next_read, now + timedelta(seconds=self.settings.read_cycle_seconds))

    def settings_at(self, location: int) -> EhrSettings:
        own = self.by_location.get(location)
        return self.settings if own is None else self.settings.changed(own)

    def change(self, values: Mapping[str, Any], location: int | None, now: datetime) -> None:
        """New settings for all locations or for one; an EHR that wakes takes what waited."""
        if location is None:
            self.settings = self.settings.changed(values)
        else:
            if location not in self.institution.locations:
                raise ValueError("there is no such location")
            wanted = {**self.by_location.get(location, {}), **values}
            self.settings.changed(wanted)
            self.by_location[location] = wanted
        for write in self.pending:
            write.due_at = max(write.due_at, now)
        if "read_cycle_seconds" in values:
            self._next_read = now + timedelta(seconds=self.settings.read_cycle_seconds)
        self._next_read = max(self._next_read, now)
        self._show_status(now)

    # --- writes

    def accept(self, kind: WriteKind, row_id: int, location: int, values: dict[str, Any], **more: Any) -> None:
        """Queue a write; what becomes of it is decided now, by the rules and the mode."""
        now, settings = self.institution.now(), self.settings_at(location)
        rule = next((rule for rule in self.rules if rule.strikes(kind, location)), None)
        if rule is None:
            rule = WriteRule(result="failed" if settings.mode == "refuse" else "complete")
        if more.get("result") is not None:
            rule = replace(rule, result=more["result"])
        usual = settings.slow_seconds if settings.mode == "slow" else settings.write_seconds
        seconds = usual if rule.seconds is None else rule.seconds
        self._writes += 1
        self.pending.append(
            Write(
                number=self._writes,
                kind=kind,
                row_id=row_id,
                location_id=location,
                accepted_at=now,
                due_at=now + timedelta(seconds=seconds),
                expires_at=more.get("expires_at"),
                values=values,
                rule=rule,
                before=more.get("before"),
            )
        )

    def pending_create(self, appointment: int) -> Write | None:
        return next((w for w in self.pending if w.kind == "create" and w.row_id == appointment), None)

    def withdraw(self, write: Write) -> None:
        self.pending.remove(write)
        self.institution.effects[write.row_id].state = "withdrawn"

    def next_due(self) -> datetime:
        runs = (write.due_at for write in self._runnable())
        ends = (w.expires_at for w in self.pending if w.expires_at is not None and w.rule.result != "never")
        return min([self._next_read, *runs, *ends])

    def step(self, moment: datetime) -> None:
        """Everything that is due by then, stamped with that moment."""
        for write in [w for w in self._runnable() if w.due_at <= moment]:
            self.pending.remove(write)
            self._run(write, moment)
        for write in list(self.pending):
            if write.expires_at is not None and write.expires_at <= moment and write.rule.result != "never":
                self.pending.remove(write)
                self._end_badly(write, moment, "timed_out")
        if self._next_read <= moment:
            self._next_read = moment + timedelta(seconds=self.settings.read_cycle_seconds)
            self.read(moment)

    def _runnable(self) -> list[Write]:
        """The first waiting write of each row, where the EHR takes writes."""
        heads: dict[int, Write] = {}
        for write in self.pending:
            heads.setdefault(write.row_id, write)
        return [
            write
            for write in heads.values()
            if write.rule.result != "never" and self.settings_at(write.location_id).mode not in ("sleep", "offline")
        ]

    def _run(self, write: Write, moment: datetime) -> None:
        if write.kind == "patient":
            self._write_patient(write.row_id, moment)
        elif write.rule.result in ("failed", "incomplete"):
            self._end_badly(write, moment, write.rule.result)
        elif write.kind == "create":
            self._write_create(write, moment)
        else:
            self._write_change(write, moment)

    def _write_create(self, write: Write, moment: datetime) -> None:
        institution, chart = self.institution, self.institution.chart
        row = institution.appointments[write.row_id]
        values = {**write.values, **write.rule.stored}
        patient = self._write_patient(values["patient_id"], moment) if values["patient_id"] else None
        visit = ChartVisit(
            foreign=institution.last_ids["foreign_visits"] + 1,
            patient=patient,
            provider_id=values["provider_id"],
            location_id=write.location_id,
            operatory_id=values["operatory_id"],
            start=values["start"],
            end=values["end"],
            status="scheduled",
            confirmed=False,
            note=values["note"],
            appointment_type_id=values["appointment_type_id"],
            by="api",
        )
        if self._collides(visit):
            write.rule = replace(write.rule, reason=write.rule.reason or "Operatory is taken")
            self._end_badly(write, moment, "failed")
            return
        institution.new_id("foreign_visits")
        chart.put_visit(visit)
        effects = institution.effects[row.id]
        effects.chart_creates += 1
        effects.state = "written"
        row = replace(row, foreign=visit.foreign, synced_at=moment, updated_at=moment)
        institution.put_appointment(row)
        institution.remember(moment, "ehr", "created", appointment_id=str(row.id), foreign_id=str(visit.foreign))
        self._wrote(moment)
        self._tell(write, row, moment, "complete")

    def _write_change(self, write: Write, moment: datetime) -> None:
        institution, chart = self.institution, self.institution.chart
        row = institution.appointments.get(write.row_id)
        visit = None if row is None or row.foreign is None else chart.visits.get(row.foreign)
        if row is None or visit is None or visit.deleted or visit.status == "complete":
            self._end_badly(write, moment, "failed")
            return
        if write.rule.result == "reverted":
            chart.unread_visits.add(visit.foreign)
            institution.remember(moment, "ehr", "change dropped", appointment_id=str(row.id))
            return
        wanted = _changed(visit, {**write.values, **write.rule.stored})
        if _MOVES & set(write.values) and self._collides(wanted):
            self._end_badly(write, moment, "failed")
            return
        chart.put_visit(wanted)
        effects = institution.effects[row.id]
        effects.chart_changes += wanted != visit
        shown = {**write.values, **self._waiting_values(row.id)}
        row = replace(row, **shown, synced_at=moment, updated_at=moment)
        institution.put_appointment(row)
        institution.remember(
            moment, "ehr", "changed", appointment_id=str(row.id), fields=sorted({**write.values, **write.rule.stored})
        )
        self._wrote(moment)
        self._tell(write, row, moment, "")

    def _write_patient(self, number: int, moment: datetime) -> int:
        """The patient's number in the chart, making a record if there is none."""
        institution = self.institution
        patient = institution.patients[number]
        if patient.foreign is not None:
            return patient.foreign
        waiting = next((f for f, placeholder in institution.chart.replaces.items() if placeholder == number), None)
        if waiting is not None:
            return waiting
        foreign = institution.new_id("foreign_patients")
        changes = patient.new_patient or institution.switches.written_patient_id == "changes"
        written = replace(patient, foreign=foreign, new_patient=False, updated_at=moment, synced_at=moment)
        if institution.switches.name_lengths == "cut":
            first, last = written.first_name[:_FIRST_NAME], written.last_name[:_LAST_NAME]
            written = replace(written, first_name=first.strip(), last_name=last.strip())
        institution.chart.put_patient(written)
        if changes:
            institution.chart.replaces[foreign] = number
        else:
            institution.put_patient(written)
        institution.remember(moment, "ehr", "patient created", patient_id=str(number), foreign_id=str(foreign))
        return foreign

    def _collides(self, visit: ChartVisit) -> bool:
        if self.settings.double_booking == "accept" or visit.status == "cancelled":
            return False
        return bool(self.institution.chart.overlapping(visit))

    def _end_badly(self, write: Write, moment: datetime, how: WriteState) -> None:
        institution = self.institution
        row = institution.appointments.get(write.row_id)
        if row is None:
            return
        if write.kind == "create":
            institution.effects[row.id].state = how
            if institution.switches.failed_insertion_row == "cancelled":
                row = replace(row, cancelled=True, updated_at=moment)
                institution.put_appointment(row)
        elif institution.switches.failed_patch_row == "restored" and write.before is not None:
            row = replace(row, **{name: getattr(write.before, name) for name in write.values}, updated_at=moment)
            institution.put_appointment(row)
        elif row.foreign is not None:
            institution.chart.unread_visits.add(row.foreign)
        institution.remember(moment, "ehr", f"{write.kind} {how}", appointment_id=str(row.id), reason=write.rule.reason)
        self._tell(write, row, moment, how)

    def _tell(self, write: Write, row: Appointment, moment: datetime, suffix: str) -> None:
        if write.rule.silent:
            return
        event = "appointment_insertion" if write.kind == "create" else "appointment_updated"
        beside = {}
        if write.kind == "change" and write.before is not None and "confirmed" in write.values:
            beside = {"previous_attributes": {"confirmed": write.before.confirmed}}
        reason = (write.rule.reason or self.settings.reason) if suffix not in ("", "complete") else None
        shown = rows.appointment(self.institution, row)
        self.institution.publish(Happening("Appointment", event, suffix, shown, moment, beside, reason))

    def _wrote(self, moment: datetime) -> None:
        self.sync.write_status_at = moment

    # --- reads

    def read(self, moment: datetime) -> None:
        """One read cycle: NexHealth takes over what changed in the chart, except from locations that are offline."""
        self._show_status(moment)
        if self.settings.mode == "offline":
            return
        online = {n for n in self.institution.locations if self.settings_at(n).mode != "offline"}
        self.sync.read_status_at = moment
        idle = not any(write.due_at < moment for write in self.pending) and self.sync.write_status == "green"
        if idle and self.institution.switches.write_status_moves == "with_reads":
            self.sync.write_status_at = moment
        for location in online:
            self.institution.last_read[location] = moment
        chart = self.institution.chart
        if self.institution.switches.read_over_pending == "overwrite":
            touched = (self.institution.appointments[w.row_id].foreign for w in self.pending if w.kind == "change")
            chart.unread_visits |= {foreign for foreign in touched if foreign is not None}
        self._read_merges(moment)
        for foreign in sorted(chart.unread_patients):
            if online.intersection(chart.patients[foreign].location_ids):
                chart.unread_patients.discard(foreign)
                self._read_patient(chart.patients[foreign], moment)
        for foreign in sorted(chart.unread_visits):
            if chart.visits[foreign].location_id in online:
                chart.unread_visits.discard(foreign)
                self._read_visit(chart.visits[foreign], moment)

    def _read_patient(self, seen: Patient, moment: datetime) -> None:
        institution = self.institution
        assert seen.foreign is not None
        placeholder = institution.chart.replaces.pop(seen.foreign, None)
        known = institution.patient_of_foreign.get(seen.foreign)
        number = known if known is not None else institution.new_id("patients")
        guarantor = number if seen.guarantor_id in (None, placeholder) else seen.guarantor_id
        row = replace(seen, id=number, guarantor_id=guarantor, updated_at=moment, synced_at=moment)
        institution.put_patient(row)
        institution.chart.put_patient(row, unread=False)
        if placeholder is not None:
            self._replace_placeholder(placeholder, number, moment)
        event = "patient_created" if known is None else "patient_updated"
        institution.remember(moment, "read", event, patient_id=str(number))
        institution.publish(Happening("Patient", event, "", rows.patient(institution, row), moment))

    def _read_merges(self, moment: datetime) -> None:
        """The visits of a chart that was merged into another are read as the other's; what becomes of it differs."""
        institution, how = self.institution, self.institution.switches.merged_patient
        for gone, kept in institution.chart.merged.items():
            number, other = institution.patient_of_foreign[gone], institution.patient_of_foreign[kept]
            for write in self.pending:
                if write.values.get("patient_id") == number:
                    write.values["patient_id"] = other
            for appointment in sorted(institution.by_patient.get(number, set())):
                row = institution.appointments[appointment]
                institution.put_appointment(replace(row, patient_id=other, updated_at=moment))
            if how == "vanishes":
                institution.remove_patient(number)
            elif how == "inactive":
                left = replace(institution.patients[number], inactive=True, updated_at=moment)
                institution.put_patient(left)
            institution.remember(moment, "read", "patients merged", patient_id=str(number), into=str(other))
        institution.chart.merged.clear()

    def _replace_placeholder(self, placeholder: int, number: int, moment: datetime) -> None:
        """Its links move to the new id, and the row goes without an event."""
        institution = self.institution
        for appointment in sorted(institution.by_patient.get(placeholder, set())):
            row = institution.appointments[appointment]
            institution.put_appointment(replace(row, patient_id=number, updated_at=moment))
        for write in self.pending:
            if write.values.get("patient_id") == placeholder:
                write.values["patient_id"] = number
        if placeholder in institution.patients:
            institution.remove_patient(placeholder)
        institution.remember(moment, "read", "placeholder replaced", patient_id=str(number), was=str(placeholder))

    def _read_visit(self, seen: ChartVisit, moment: datetime) -> None:
        institution, switches = self.institution, self.institution.switches
        known = institution.appointment_of_foreign.get(seen.foreign)
        if known is None:
            if not seen.deleted:
                self._read_new_visit(seen, moment)
            return
        if seen.deleted and switches.deleted_in_ehr != "cancelled":
            if switches.deleted_in_ehr == "vanishes":
                institution.remove_appointment(known)
            return
        old = institution.appointments[known]
        row = _as_read(institution, old, seen, moment)
        if switches.read_over_pending == "keep":
            row = replace(row, **self._waiting_values(known))
        effects = institution.effects.get(known)
        first_time = effects is not None and effects.chart_creates > 0 and not effects.read_back
        if row == old and not first_time:
            return
        row = replace(row, updated_at=moment, synced_at=moment)
        institution.put_appointment(row)
        event = "appointment_updated"
        if first_time and effects is not None:
            effects.read_back = True
            event = {"created": "appointment_created", "updated": event, "none": ""}[switches.read_back_event]
            event = event or ("" if replace(row, updated_at=old.updated_at, synced_at=old.synced_at) == old else event)
        if event:
            institution.remember(moment, "read", event, appointment_id=str(known))
            institution.publish(Happening("Appointment", event, "", rows.appointment(institution, row), moment))

    def _waiting_values(self, appointment: int) -> dict[str, Any]:
        """What accepted changes ask of the row that the EHR does not have yet."""
        waiting: dict[str, Any] = {}
        for write in self.pending:
            if write.kind == "change" and write.row_id == appointment and write.rule.result != "reverted":
                waiting |= write.values
        return waiting

    def _read_new_visit(self, seen: ChartVisit, moment: datetime) -> None:
        institution = self.institution
        blank = Appointment(
            id=institution.new_id("appointments"),
            foreign=seen.foreign,
            patient_id=None,
            provider_id=seen.provider_id,
            location_id=seen.location_id,
            operatory_id=seen.operatory_id,
            start=seen.start,
            end=seen.end,
            unavailable=seen.patient is None,
            created_at=moment,
            updated_at=moment,
            synced_at=moment,
        )
        row = _as_read(institution, blank, seen, moment)
        institution.put_appointment(row)
        institution.remember(moment, "read", "appointment_created", appointment_id=str(row.id))
        institution.publish(
            Happening("Appointment", "appointment_created", "", rows.appointment(institution, row), moment)
        )

    # --- status

    def _show_status(self, now: datetime) -> None:
        """Red at once when offline; the way back to green is told to webhooks."""
        status = "red" if self.settings.mode == "offline" else "green"
        for side in ("read", "write"):
            name = f"{side}_status"
            if getattr(self.sync, name) == status:
                continue
            setattr(self.sync, name, status)
            if status == "green":
                setattr(self.sync, f"{name}_at", now)
                shown = rows.sync_status(self.institution, self.sync)
                self.institution.publish(Happening("SyncStatus", f"sync_status_{side}_change", "", shown, now))


def _changed(visit: ChartVisit, values: Mapping[str, Any]) -> ChartVisit:
    changes: dict[str, Any] = {name: value for name, value in values.items() if name != "cancelled"}
    if "cancelled" in values:
        changes["status"] = "cancelled" if values["cancelled"] else "scheduled"
    return replace(visit, **changes)


def _as_read(institution: Institution, old: Appointment, seen: ChartVisit, moment: datetime) -> Appointment:
    patient = None if seen.patient is None else institution.patient_of_foreign.get(seen.patient, old.patient_id)
    cancelled, complete = seen.status == "cancelled" or seen.deleted, seen.status == "complete"
    return replace(
        old,
        patient_id=patient,
        provider_id=seen.provider_id,
        operatory_id=seen.operatory_id,
        start=seen.start,
        end=seen.end,
        note=seen.note,
        appointment_type_id=seen.appointment_type_id,
        confirmed=seen.confirmed,
        confirmed_at=(old.confirmed_at or moment) if seen.confirmed else None,
        cancelled=cancelled,
        cancelled_at=(old.cancelled_at or moment) if cancelled else old.cancelled_at,
        patient_missed=seen.status == "missed",
        checked_out=complete,
        checked_out_at=(old.checked_out_at or moment) if complete else None,
        checkin_at=seen.checkin_at,
    )


def parse_rules(documents: Any) -> list[WriteRule]:
    """`[{"match": {...}, "outcome": {...}}]`; raises ValueError saying what is wrong, and makes none then."""
    if isinstance(documents, dict):
        documents = documents.get("rules", [documents])
    return [_parse_rule(document) for document in documents]


def _parse_rule(document: Any) -> WriteRule:
    if not isinstance(document, dict) or not isinstance(document.get("outcome"), dict):
        raise ValueError('a rule is {"match": {...}, "outcome": {"result": ...}}')
    match, outcome = dict(document.get("match") or {}), dict(document["outcome"])
    unknown = set(match) - {"kind", "location_id", "nth", "times"}
    unknown |= set(outcome) - {"result", "seconds", "reason", "stored", "silent"}
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    if outcome.get("result", "complete") not in get_args(Result):
        raise ValueError(f"result must be one of {', '.join(get_args(Result))}")
    if match.get("kind") not in (None, *get_args(WriteKind)):
        raise ValueError(f"kind must be one of {', '.join(get_args(WriteKind))}")
    if "location_id" in match:
        match["location_id"] = int(match["location_id"])
    stored = dict(outcome.pop("stored", None) or {})
    if set(stored) - {"operatory_id", "provider_id", "note", "start", "end"}:
        raise ValueError("stored may hold operatory_id, provider_id, note, start, end")
    for name in ("start", "end"):
        if name in stored:
            stored[name] = datetime.fromisoformat(stored[name])
    for name in ("operatory_id", "provider_id"):
        if stored.get(name) is not None:
            stored[name] = int(stored[name])
    return WriteRule(**match, **outcome, stored=stored)


def described(rule: WriteRule) -> dict[str, Any]:
    return {name: value for name, value in asdict(rule).items() if name in ("result", "kind", "seen", "struck")}
