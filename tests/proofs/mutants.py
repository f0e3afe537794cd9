"""The sabotages that the proof must notice. Each is a change of source by exact snippet (`mutation`), made in memory.

Most change the product. What the product leaves to DynamoDB and SQS (conditions on versions, consistent reads, claims
that outlive a lease) is sabotaged in the store that stands in for them. That the lease is looked at is not among them:
it saves work, while safety rests on the intent, the window and the version alone.
"""

from tests.proofs.mutation import Edit, Mutant

_LOOP = "openchair.tasks.process.loop"
_WORKER = "openchair.tasks.process.worker"
_SENDING = "openchair.tasks.process.sending"
_READING = "openchair.tasks.process.reading_back"
_REVIEWS = "openchair.tasks.process.reviews"
_SUBMIT = "openchair.tasks.submit"
_WITHDRAW = "openchair.tasks.withdraw"
_ANNOUNCE = "openchair.tasks.announce"
_EXPIRY = "openchair.tasks.expiry"
_EDGE = "openchair.queue_messages"
_COMMON = "openchair.tasks.steps.common"
_CREATE = "openchair.tasks.steps.create"
_MOVE = "openchair.tasks.steps.move"
_CHECK = "openchair.tasks.steps.check"
_STATE = "openchair.tasks.steps.visit_state"
_NOTE = "openchair.tasks.steps.note"
_PROGRESS = "openchair.progress"
_PATIENT = "openchair.tasks.steps.patient"
_LINES = "openchair.tasks.lines"
_LIMITER = "openchair.clients.limiter"
_LIMITS = "openchair.limits"
_RESOLVE = "openchair.tasks.resolve"
_AWAIT = "openchair.tasks.steps.await_chart"
_STORE = "tests.memory_store"

_UNKNOWN = "        if meaning is Meaning.UNKNOWN:\n"
_W = "return timedelta(seconds=timeout_seconds) + EHR_CAP + 2 * SKEW + SPARE"


def _mutant(name: str, sentence: str, *edits: Edit, scenarios: tuple[str, ...]) -> Mutant:
    return Mutant(name, sentence, edits, scenarios)


_ALL = (
    _mutant(
        "given-up-and-gone-on-with",
        "What a person gave up stays in the journal, and the second line goes on with it.",
        Edit(_WORKER, "for step in task.steps if step.state is StepState.DONE)", "for step in task.steps)"),
        scenarios=("review_removed",),
    ),
    _mutant(
        "old-visit-taken-back-when-it-was-over",
        "A withdrawal does not ask whether the visit's time has passed.",
        Edit(_CREATE, "if visit.is_in_chart and visit.end <=", "if not visit.id and visit.end <="),
        scenarios=("over_when_it_is_checked",),
    ),
    _mutant(
        "cancelled-meanwhile-and-told-as-moved",
        "An awaited move counts as made though the visit was cancelled since.",
        Edit(
            _AWAIT,
            "visit.occupies and placement(visit) == placement_asked(moved)",
            "placement(visit) == placement_asked(moved)",
        ),
        scenarios=("later_overlap_cancelled",),
    ),
    _mutant(
        "sent-before-and-told-as-failed",
        "A change sent again in vain is told as failed, though the first may still be carried out.",
        Edit(_WORKER, "if task.resolution_applied and task.review_code", "if not task.id and task.review_code"),
        scenarios=("sent_again_when_it_was_over",),
    ),
    _mutant(
        "last-look-in-utc",
        "The look after the hold reads the day that it is in UTC, not the practice's.",
        Edit(
            _COMMON,
            "*days_touched(step.start, step.minutes, desk.record))",
            "*[step.start.astimezone(__import__('datetime').UTC).date()] * 2)",
        ),
        scenarios=("far_east",),
    ),
    _mutant(
        "awaited-move-judged-by-its-start",
        "A move to another chair counts as made when the visit stands at its start.",
        Edit(_AWAIT, "visit.occupies and placement(visit) == placement_asked(moved)", "visit.start == moved.start"),
        scenarios=("behind_move_chair_undone",),
    ),
    _mutant(
        "announcing-erases-the-due-time",
        "Who tells of a task that goes on stores it as one that nobody wakes any more.",
        Edit(_ANNOUNCE, "return tasks.note(task)", "return tasks.save(task.changed(next_attempt_at=None))"),
        scenarios=("create",),
    ),
    _mutant(
        "blind-retry-on-5xx",
        "A write whose answer was lost is sent again at once.",
        Edit(_SENDING, _UNKNOWN, f"{_UNKNOWN}            return worker.done(task, sent, ready.send(), desk)\n"),
        scenarios=("create", "onboard"),
    ),
    _mutant(
        "forget-on-exception",
        "A lost answer makes the step new again, as idempotency decorators do.",
        Edit(
            _SENDING,
            _UNKNOWN,
            f"{_UNKNOWN}            new = task.with_step(task.place, as_(sent, StepState.NEW))\n"
            "            return worker.wait(new, worker.after(30.0))\n",
        ),
        scenarios=("create",),
    ),
    _mutant(
        "no-window",
        "What is not in the chart at the first look is sent again.",
        Edit(_READING, "worker.clock.now() < step.sent_at + worker.window", "worker.clock.now() < step.sent_at"),
        scenarios=("create", "onboard"),
    ),
    _mutant(
        "window-of-the-cap-alone",
        "The window forgets that the sender itself may be slow.",
        Edit(_WORKER, _W, "return EHR_CAP + 2 * SKEW + SPARE"),
        scenarios=("create",),
    ),
    _mutant(
        "window-of-the-time-out-alone",
        "The window forgets that the EHR may be slow.",
        Edit(_WORKER, _W, "return timedelta(seconds=timeout_seconds)"),
        scenarios=("create",),
    ),
    _mutant(
        "no-intent",
        "A write leaves before it is recorded as sent.",
        Edit(
            _SENDING,
            "_send(worker, worker.save(task.with_step(place, sent)), sent, ready, desk)",
            "_send(worker, task.with_step(place, sent), sent, ready, desk)",
        ),
        scenarios=("create",),
    ),
    _mutant(
        "no-fencing",
        "A worker that was overtaken writes its own state over the newer one.",
        Edit(
            _WORKER,
            "        return self.tasks.save(self._touched(task, **updates), (), join)",
            "        newer = self.tasks.task(task.practice_id, task.id).version\n"
            "        return self.tasks.save(self._touched(task.changed(version=newer), **updates), (), join)",
        ),
        scenarios=("create", "withdraw"),
    ),
    _mutant(
        "cancel-first",
        "A rebook cancels the old visit before it books the new one.",
        Edit(
            _SUBMIT,
            "(StepKind.CREATE_APPOINTMENT, *_check(request), StepKind.CANCEL_APPOINTMENT)",
            "(StepKind.CANCEL_APPOINTMENT, StepKind.CREATE_APPOINTMENT, *_check(request))",
        ),
        Edit(_STATE, "    if rebooking:\n        booked", "    if not task:\n        booked"),
        scenarios=("rebook",),
    ),
    _mutant(
        "message-deleted-first",
        "The queue's edge says done although our own state failed.",
        Edit(_EDGE, '[{"itemIdentifier": later["messageId"]} for later in records[place:]]', "[]"),
        scenarios=("create",),
    ),
    _mutant(
        "claim-not-taken",
        "A visit is booked into time that nobody holds.",
        Edit(_SENDING, "if take or leave:", "if not take:"),
        scenarios=("create", "race_open"),
    ),
    _mutant(
        "no-look-after-the-claim",
        "What was read before the hold is believed after it.",
        Edit(_SENDING, "            if take or task.attempts > 1:\n                ready.confirm()\n", ""),
        scenarios=("race_open",),
    ),
    _mutant(
        "claim-freed-by-clock",
        "Held time is given to others once its task was not heard of for a minute.",
        Edit(
            _STORE,
            "if any(self._cells.get(cell, task.id) != task.id for",
            "if any(\n            self._cells.get(cell, task.id) != task.id\n"
            "            and self._tasks[task.practice_id, self._cells[cell]].updated_at"
            " > self._clock.now() - timedelta(minutes=1)\n            for",
        ),
        scenarios=("race_later",),
    ),
    _mutant(
        "review-frees-the-claim",
        "A task in review no longer holds its time.",
        Edit(
            _STORE,
            "    def _put(self, task: Task) -> Task:\n",
            "    def _put(self, task: Task) -> Task:\n"
            "        if task.state.value == 'needs_review':\n"
            "            self._cells = {key: owner for key, owner in self._cells.items() if owner != task.id}\n",
        ),
        scenarios=("create_collision", "move_collision", "create"),
    ),
    _mutant(
        "eventually-consistent-line",
        "A line is read as it was two seconds ago.",
        Edit(
            _STORE,
            "        return tuple(self._lines.get((ehr_account_id, line), ()))",
            "        old = self._clock.now() - timedelta(seconds=2)\n"
            "        entries = self._lines.get((ehr_account_id, line), ())\n"
            "        return tuple(entry for entry in entries if self._tasks[entry].accepted_at < old)",
        ),
        scenarios=("line", "line_creates"),
    ),
    _mutant(
        "error-as-success",
        "A 200 that holds an error is taken for a booking.",
        Edit(
            _SENDING,
            _UNKNOWN,
            f'{_UNKNOWN}            return worker.done(task, sent, Done("booked", sent.appointment_id), desk)\n',
        ),
        scenarios=("create", "cancel"),
    ),
    _mutant(
        "marker-cut-off",
        "The note loses the reference by which we find our own write.",
        Edit(_COMMON, '.strip()}".rstrip()', '.strip()}".rstrip()[:4]'),
        scenarios=("create",),
    ),
    _mutant(
        "retries-counted-by-deliveries",
        "After three deliveries a task is told as failed.",
        Edit(
            _LOOP,
            "        task = worker.take_up(task)\n",
            "        if task.attempts >= 3:\n"
            "            return worker.end(task, TaskState.FAILED, told(outcomes.SENT_TOO_OFTEN))\n"
            "        task = worker.take_up(task)\n",
        ),
        scenarios=("create",),
    ),
    _mutant(
        "expiry-of-a-sent-task",
        "A task that was sent is told as too late.",
        Edit(_EXPIRY, "if not untouched or not", "if not"),
        scenarios=("create_soon",),
    ),
    _mutant(
        "withdrawal-of-a-sent-task",
        "A task is told as withdrawn after it was sent.",
        Edit(
            _WITHDRAW,
            "any(step.state is not StepState.NEW or step.sent_at is not None for step in task.steps):",
            "not task.steps:",
        ),
        scenarios=("create", "cancel"),
    ),
    _mutant(
        "withdrawal-of-a-moved-visit",
        "A visit is taken back although staff has moved it meanwhile.",
        Edit(
            _CREATE,
            "if visit.status is not AppointmentStatus.BOOKED or visit.start != step.start:",
            "if visit.status is not AppointmentStatus.BOOKED:",
        ),
        scenarios=("create_collision", "rebook_collision"),
    ),
    _mutant(
        "withdrawal-to-cure-a-collision",
        "A moved visit is cancelled because somebody stands there.",
        Edit(_CHECK, "if written.kind is StepKind.CREATE_APPOINTMENT:", "if written.kind is not None:"),
        scenarios=("move_collision",),
    ),
    _mutant(
        "read-back-by-day-only",
        "A visit of ours is looked for on its own day alone.",
        Edit(
            _CREATE,
            "present = desk.ehr.patient_appointments(patient_id)\n"
            "    former = desk.ehr.patient_appointment_history(patient_id)",
            "day = step.start.date() if step.start else datetime.now(UTC).date()\n"
            "    present = [v for v in desk.ehr.appointments(day, day) if v.patient_id == patient_id]\n"
            "    former: list[Appointment] = []",
        ),
        scenarios=("lost_then_moves_ours_to_another_day", "create"),
    ),
    _mutant(
        "history-not-read",
        "A visit of ours that staff removed is booked again.",
        Edit(_CREATE, "former = desk.ehr.patient_appointment_history(patient_id)", "former: list[Appointment] = []"),
        scenarios=("lost_then_deletes_ours", "create"),
    ),
    _mutant(
        "patient-not-read-back",
        "A chart that was made is made again.",
        Edit(_PATIENT, "    charts = _charts(_person(task), desk.ehr)\n", "    charts = defaultdict(list)\n"),
        Edit(_PATIENT, "    charts = _charts(person, desk.ehr)\n", "    charts = defaultdict(list)\n"),
        scenarios=("onboard",),
    ),
    _mutant(
        "similar-chart-ignored",
        "A second chart is made in silence beside one that may be the person's.",
        Edit(_PATIENT, "    if near and not _is_told_apart(task):\n", "    if False:\n"),
        scenarios=("chart_that_may_be_theirs_1",),
    ),
    _mutant(
        "strangers-chart-adopted",
        "Whatever chart somebody names for a person is theirs.",
        Edit(_PATIENT, "if not has_anything_of(_person(task), patient) or not is_ours(", "if not is_ours("),
        scenarios=("chart_that_may_be_theirs_not_a_strangers",),
    ),
    _mutant(
        "anybody-booked",
        "A visit is booked for one who has died, or whose chart is archived.",
        Edit(_CREATE, "    if refused is not None:\n", "    if False:\n"),
        scenarios=("not_bookable",),
    ),
    _mutant(
        "no-check",
        "Nobody looks whether the front desk booked the same chair meanwhile.",
        Edit(_SUBMIT, "return [] if visit.allow_overlap else [StepKind.CHECK]", "return []"),
        scenarios=("create_collision", "move_collision"),
    ),
    _mutant(
        "move-over-a-change",
        "A move is sent again over what staff has made of the visit.",
        Edit(
            _MOVE,
            "    if visit.status is AppointmentStatus.BOOKED and is_as_before:",
            "    if visit.status is AppointmentStatus.BOOKED:",
        ),
        Edit(_MOVE, "    if step.attempt and placement(visit)", "    if not visit.id and placement(visit)"),
        scenarios=("move_lost_then_moves_old", "move"),
    ),
    _mutant(
        "old-visit-cancelled-unseen",
        "The old visit is cancelled though the new one was removed.",
        Edit(_STATE, "    if rebooking:\n        booked", "    if not task:\n        booked"),
        scenarios=("rebook",),
    ),
    _mutant(
        "accept-without-line",
        "Tasks on one appointment no longer wait for each other.",
        Edit(_SUBMIT, "lines=lines_of(request, keyed_hash, record.practice.chart_scope),", "lines=(),"),
        scenarios=("line",),
    ),
    _mutant(
        "accept-without-due-time",
        "A task whose message was lost is never looked at again.",
        Edit(_SUBMIT, "next_attempt_at=now + FIRST_LOOK,", "next_attempt_at=None,"),
        scenarios=("create",),
    ),
    _mutant(
        "key-not-kept",
        "A repeated request is taken for a new one.",
        Edit(
            _SUBMIT,
            'key_hash=keyed_hash("key", *scope, key)',
            'key_hash=keyed_hash("key", *scope, key, str(clock.now()))',
        ),
        scenarios=("create", "cancel"),
    ),
    _mutant(
        "sent-without-end",
        "A write that never takes effect is sent for ever.",
        Edit(_READING, "LONGEST_SENDS = 5", "LONGEST_SENDS = 500"),
        scenarios=("create",),
    ),
    _mutant(
        "write-without-time",
        "A write leaves though there is no time left for its answer.",
        Edit(_SENDING, "WRITE_NEEDS_SECONDS = 70.0", "WRITE_NEEDS_SECONDS = 0.0"),
        scenarios=("create", "rebook"),
    ),
    _mutant(
        "turn-taken-from-others",
        "A turn is stored over what others have stored meanwhile.",
        Edit(
            _STORE,
            "if self._states.get(ehr_account_id, LimitState()).version != seen.version:",
            "if ehr_account_id is None:",
        ),
        scenarios=("crowd",),
    ),
    _mutant(
        "turn-not-waited-for",
        "A call starts as soon as its turn is reserved.",
        Edit(_LIMITER, "                self._sleep_until(due)\n                late", "                late"),
        scenarios=("create",),
    ),
    _mutant(
        "turn-used-too-late",
        "A turn that was stored too late is used all the same.",
        Edit(_LIMITS, "LATEST = 0.004", "LATEST = 400.0"),
        scenarios=("crowd",),
    ),
    _mutant(
        "turn-given-back-under-others",
        "A turn given back frees the turns of those behind it too.",
        Edit(
            _LIMITS,
            "        if next_at.get(bucket.name) == start + lasts + bucket.spacing:\n            next_at",
            "        if lasts == 0.0:\n            next_at",
        ),
        scenarios=("crowd",),
    ),
    _mutant(
        "turn-after-the-deadline",
        "A turn is waited for however little time is left after it.",
        Edit(
            _LIMITS,
            "    if start > wanted.latest:\n        return Full(start - now)\n    lasts",
            "    lasts",
        ),
        scenarios=("crowd",),
    ),
    _mutant(
        "given-up-unread",
        "A review is given up without reading back what was sent.",
        Edit(
            _REVIEWS,
            "if step is None or step.state is StepState.SENT:",
            "if step is None or (step.state is StepState.SENT and resolution.action != 'give_up'):",
        ),
        scenarios=("review_give_up",),
    ),
    _mutant(
        "decided-inside-the-window",
        "A person's decision is carried out while the write may still take effect.",
        Edit(
            _READING,
            "    if _still_open(worker, step):\n        return _look_again(worker, task, step)\n    if task.open",
            "    if task.open_resolution is None and _still_open(worker, step):\n"
            "        return _look_again(worker, task, step)\n"
            "    if task.open",
        ),
        scenarios=("review_resend", "review_give_up"),
    ),
    _mutant(
        "resent-unread",
        "A review is sent again without reading back what was sent.",
        Edit(
            _REVIEWS,
            "if step is None or step.state is StepState.SENT:",
            "if step is None or (step.state is StepState.SENT and resolution.action != 'resend'):",
        ),
        scenarios=("review_resend",),
    ),
    _mutant(
        "resent-over-a-removal",
        "A decision to send again holds for what a person was not shown.",
        Edit(_READING, " and task.review_code != found.code)", " and not found.code)"),
        scenarios=("review_resend",),
    ),
    _mutant(
        "adopted-though-another-patients",
        "A person adopts a visit of another patient.",
        Edit(_RESOLVE, " and _is_theirs(visit, task, step, desk)", ""),
        scenarios=("review_adopt", "rebook"),
    ),
    _mutant(
        "adopted-though-not-as-asked",
        "A person's word is told as a move or a cancellation that the chart does not hold.",
        Edit(_RESOLVE, " and visit.occupies and is_there", ""),
        Edit(_RESOLVE, " and visit.status in CANCELLED", ""),
        scenarios=("review_move", "review_cancel"),
    ),
    _mutant(
        "review-forgotten",
        "A decision that cannot be carried out hides why a person was asked.",
        Edit(_WORKER, "task.reviewed_for if code == outcomes.CANNOT_ADOPT else code", "code"),
        scenarios=("review_removed",),
    ),
    _mutant(
        "overlap-for-everybody",
        "Who has no right to books over something else.",
        Edit(_SUBMIT, "if visit.allow_overlap and not record.may_overlap:", "if not record:"),
        scenarios=("overlap_refused",),
    ),
    _mutant(
        "overlap-looked-at",
        "A visit that may overlap is refused because it does.",
        Edit(_CREATE, "    if allow_overlap:\n        return Ready(planned, send)\n", ""),
        scenarios=("overlap_create",),
    ),
    _mutant(
        "overlap-over-a-change",
        "A move that may overlap overwrites what staff has made of the visit.",
        Edit(
            _MOVE,
            "        confirm_free(desk, planned, visit, allow",
            "        _ = (desk, planned, visit) or dict(allow",
        ),
        scenarios=("overlap_move",),
    ),
    _mutant(
        "done-when-accepted",
        "What a vendor accepted is told as done before the practice's own system has it.",
        Edit(
            _WORKER,
            "if is_awaited and (step.sent_at is not None or done.stood):",
            "if is_awaited and not step.kind:",
        ),
        scenarios=("behind_create", "behind_move"),
    ),
    _mutant(
        "first-comparison-believed",
        "A comparison is believed while the change is still on its way.",
        Edit(_AWAIT, "if step.settles_at is None and _has_been_open(sync, step):", "if step.settles_at is None:"),
        scenarios=("behind_move", "behind_cancel"),
    ),
    _mutant(
        "judged-by-the-look-that-finds-the-way-open",
        "A comparison from before the way was open is judged by once it is.",
        Edit(
            _AWAIT,
            "is_compared = step.settles_at is not None and sync.read_at is not None and sync.read_at > step.settles_at",
            "was_read = sync.read_at is not None and sync.read_at > _a_cycle_on(step.sent_at, desk)\n"
            "        is_compared = was_read and _has_been_open(sync, step)",
        ),
        scenarios=("behind_cancel_crossing",),
    ),
    _mutant(
        "old-visit-cancelled-before-the-new-one-is-written",
        "A rebook gives up the old visit for one that only the vendor has.",
        Edit(_AWAIT, "    if visit.is_in_chart:\n        if visit.is_ex", "    if visit.id:\n        if visit.is_ex"),
        scenarios=("behind_rebook", "behind_rebook_refused"),
    ),
    _mutant(
        "never-taken-and-never-withdrawn",
        "A visit the practice's system never took is told as failed and left at the vendor.",
        Edit(_AWAIT, "Redirected((*done, unsent(created, StepKind.WITHDRAW)), ending)", "Redirected(done, ending)"),
        scenarios=("behind_create_never",),
    ),
    _mutant(
        "adopted-though-only-the-vendor-has-it",
        "A person's word makes an old visit give way to one that only the vendor has.",
        Edit(_RESOLVE, "return visit.is_in_chart and visit.id == task", "return visit.id == task"),
        scenarios=("behind_rebook", "behind_rebook_refused"),
    ),
    _mutant(
        "returned-old-visit-told-as-failed",
        "A patient who holds both visits is told that neither was changed.",
        Edit(
            _AWAIT,
            "if isinstance(found, Redirected) and isinstance(task.request, RescheduleAppointment):",
            "if isinstance(found, Redirected) and not task:",
        ),
        scenarios=("behind_rebook_undone",),
    ),
    _mutant(
        "looked-for-under-the-old-id",
        "A newcomer's visit is looked for under the id that the chart no longer has, and sent again.",
        Edit(
            _CREATE,
            "        if isinstance(found, Unseen):\n            # Asked",
            "        if isinstance(found, Unseen) and not step:\n            # Asked",
        ),
        Edit(_PATIENT, "        if len(active) != 1:\n            raise\n", ""),
        scenarios=("newcomers_id_changes_behind_a_lost_answer",),
    ),
    _mutant(
        "patients-list-believed-to-be-whole",
        "A visit of ours beyond the end of its patient's list is booked again.",
        Edit(
            _CREATE,
            "                return _in_the_book(task, step, None if is_out_of_use else chart.id, desk)\n",
            "                return found\n",
        ),
        scenarios=("in_the_days_book_alone",),
    ),
    _mutant(
        "told-under-the-old-id",
        "A newcomer is told by an id that the chart no longer has.",
        Edit(
            _AWAIT,
            "return Done(code, patient_id=visit.patient_id, in_chart=True, visit=visit)",
            "return Done(code, in_chart=True)",
        ),
        scenarios=("later_onboard_to_another_id",),
    ),
    _mutant(
        "moved-under-a-patient",
        "A visit is moved, cancelled or confirmed though its patient is there, or it is over.",
        Edit(_PROGRESS, "if visit.status is AppointmentStatus.ARRIVED:", "if not visit:"),
        Edit(
            _MOVE,
            "if visit.status is not AppointmentStatus.BOOKED or visit.start is None or",
            "if visit.start is None or",
        ),
        Edit(_STATE, "    if visit.status is not AppointmentStatus.BOOKED:\n        raise NotCancellable\n", ""),
        scenarios=("cancel_of_one_who_has_arrived", "move_of_one_who_has_arrived"),
    ),
    _mutant(
        "touched-when-over",
        "A visit that is over is cancelled, and its day is gone from the book.",
        Edit(_PROGRESS, "visit.end <= now:", "visit.end <= now and not visit.id:"),
        scenarios=("cancel_of_one_that_is_over", "move_of_one_that_is_over"),
    ),
    _mutant(
        "old-look-before-a-move",
        "A move does not look again at a visit that stands on another day.",
        Edit(_COMMON, "        confirm_unchanged(desk, own, visits)\n", "        _ = confirm_unchanged\n"),
        scenarios=("move",),
    ),
    _mutant(
        "note-added-unread",
        "A line whose answer was lost is added again.",
        Edit(_NOTE, "    return Done(None) if _holds(visit.note, _text(task)) else Unseen()", "    return Unseen()"),
        Edit(_NOTE, "    if _holds(visit.note, text):", "    if not text:"),
        scenarios=("move_with_notes_taken",),
    ),
    _mutant(
        "line-of-one-practice",
        "In a line the tasks of another practice of the account are passed over.",
        Edit(
            _LINES,
            "            break\n        try:\n",
            "            break\n        if practice_id != task.practice_id:\n            continue\n        try:\n",
        ),
        scenarios=("neighbours_line",),
    ),
    _mutant(
        "check-of-the-chair-alone",
        "After a booking nobody looks whether the provider is wanted elsewhere.",
        Edit(
            _CHECK,
            "        place_of(step),\n",
            '        replace(place_of(step), provider_id="nobody"),\n',
        ),
        scenarios=("provider_elsewhere", "move_provider_elsewhere"),
    ),
    _mutant(
        "key-without-its-caller",
        "Two callers who choose one key are taken for one.",
        Edit(_SUBMIT, "scope = (caller_id, record.practice.id)", "scope = (record.practice.id,)"),
        scenarios=("same_key_of_two_callers",),
    ),
    _mutant(
        "marker-of-each-send",
        "A visit that is sent again carries another reference than before.",
        Edit(
            _CREATE,
            """    start = requested_start(visit, desk.record)
    marker = step.marker or new_marker()
""",
            """    start = requested_start(visit, desk.record)
    marker = new_marker()
""",
        ),
        scenarios=("beyond_the_cap",),
    ),
    _mutant(
        "sweep-before-the-window",
        "The second line looks before what was sent last must have taken effect.",
        Edit(_WORKER, "sweep_at = unclear[-1].sent_at + self.window", "sweep_at = unclear[-1].sent_at"),
        scenarios=("far_beyond_the_cap",),
    ),
)
MUTANTS: dict[str, Mutant] = {mutant.name: mutant for mutant in _ALL}
