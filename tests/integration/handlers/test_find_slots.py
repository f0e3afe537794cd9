"""find_slots through its events."""


from tests.integration.handlers.gateway import event
from tests.integration.handlers.stack import Stack


def test_try(stack: Stack) -> None:
    for c in ("create_appointment", "reschedule_appointment","confirm_appointment", "cancel_appointment", "onboard_new_patient"):
        print(stack.do(c))
    print(stack.chart(date="2026-03-05"))
    print(stack.call(event("check_health/health")))
    print(stack.do("create_appointment"))
    print(stack.log_text())
    assert 0
