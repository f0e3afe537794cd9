"""Control API: takes tasks in, tells how they stand, lists them, withdraws what was not sent, settles reviews."""

from openchair import log
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.store.practice_store import PracticeStore
from openchair.store.secret_store import keyed_hash
from openchair.store.system_clock import SystemClock
from openchair.store.task_queue import SqsTaskQueue
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.answers import TaskListQuery, list_tasks, submitted, task_answer
from openchair.tasks.resolve import resolve_task
from openchair.tasks.submit import submit_task
from openchair.tasks.wake import await_end
from openchair.tasks.withdraw import withdraw_task

clock, queue = SystemClock(), SqsTaskQueue()
tasks, api = DynamoTaskStore(clock), ControlApi(PracticeStore())


@api.route("POST", "/tasks")
def submit(request: PracticeRequest) -> Answer:
    task = submit_task(request.record, request.caller_id, request.key, request.body, tasks, queue, clock, keyed_hash)
    log.overlap_allowed(request.caller_id, task)
    return submitted(await_end(task, request.seconds_to_wait(clock.now()), tasks, clock), request.practice)


@api.route("POST", "/tasks/<task_id>/resolution")
def resolve(request: PracticeRequest) -> Answer:
    task = resolve_task(request.practice_id, request.path["task_id"], request.body, tasks, queue, clock)
    log.decision(request.caller_id, task)
    return submitted(await_end(task, request.seconds_to_wait(clock.now()), tasks, clock), request.practice)


api.route("GET", "/tasks", TaskListQuery)(lambda r: log.page(list_tasks(r.practice, r.query(TaskListQuery), tasks)))
api.route("GET", "/tasks/<task_id>")(lambda r: task_answer(tasks.task(r.practice_id, r.path["task_id"]), r.practice))
api.route("POST", "/tasks/<task_id>/withdraw")(
    lambda r: task_answer(withdraw_task(r.practice_id, r.path["task_id"], tasks, queue, clock), r.practice)
)

lambda_handler = api.resolve
