"""`opendental-sdk`, as it comes: its client retries what it holds safe to retry."""

from opendental.client import OpenDentalClient  # type: ignore[import-not-found]
from opendental.exceptions import OpenDentalAPIError  # type: ignore[import-not-found]

from tools.bench.lost_answers.order import Order, Refused, Visit, carry_out


def do(order: Order, visit: Visit) -> None:
    client = OpenDentalClient(order.developer_key, order.customer_key, base_url=order.url)
    client.session.trust_env = False
    if order.looks_first:
        rows = client.appointments.list(date=visit.start[:10], op=int(visit.operatory_id))
        if any(visit.is_overlapped_by(row.apt_date_time.isoformat()) for row in rows):
            raise Refused
    try:
        if visit.old_appointment_id is not None:
            client.appointments.break_appointment(visit.old_appointment_id, {"sendToUnscheduledList": "false"})
        client.appointments.create(visit.open_dental_body)
    except OpenDentalAPIError as error:
        if error.status_code == 400:
            raise Refused from error
        raise


if __name__ == "__main__":
    carry_out(do)
