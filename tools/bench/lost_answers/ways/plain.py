"""`requests` with the usual retries: on lost connections and 5xx, of every method."""

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tools.bench.lost_answers.order import Order, Refused, Visit, carry_out

_RETRIES = Retry(total=3, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504), allowed_methods=None)
_TIMEOUT_SECONDS = 30


def session(order: Order, retries: Retry | int) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.mount("http://", HTTPAdapter(max_retries=retries))
    made.headers["Authorization"] = f"ODFHIR {order.developer_key}/{order.customer_key}"
    return made


def book(order: Order, visit: Visit, http: requests.Session) -> str:
    """The new appointment's id."""
    if order.looks_first:
        day = {"date": visit.start[:10], "Op": visit.operatory_id}
        answer = http.get(f"{order.url}/appointments", params=day, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        if any(visit.is_overlapped_by(row["AptDateTime"]) for row in answer.json()):
            raise Refused
    if visit.old_appointment_id is not None:
        old = f"{order.url}/appointments/{visit.old_appointment_id}/Break"
        http.put(old, json={"sendToUnscheduledList": "false"}, timeout=_TIMEOUT_SECONDS).raise_for_status()
    answer = http.post(f"{order.url}/appointments", json=visit.open_dental_body, timeout=_TIMEOUT_SECONDS)
    if answer.status_code == 400:
        raise Refused
    answer.raise_for_status()
    return str(answer.json()["AptNum"])


def do(order: Order, visit: Visit) -> None:
    book(order, visit, session(order, _RETRIES))


if __name__ == "__main__":
    carry_out(do)
