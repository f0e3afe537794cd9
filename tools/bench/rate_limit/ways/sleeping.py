"""A client that waits a second between its own calls, as it knows of no other process; it tries again after a 429."""

import time

import requests

from tools.bench.rate_limit.job import Job, Read, carry_out

INTERVAL = 1.0
TRIES = 5


def new_reader(job: Job) -> Read:
    session = requests.Session()
    session.trust_env = False
    headers = {"Authorization": f"ODFHIR {job.developer_key}/{job.customer_key}"}
    last = 0.0

    def read() -> None:
        nonlocal last
        for _ in range(TRIES):
            time.sleep(max(last + INTERVAL - time.monotonic(), 0.0))
            last = time.monotonic()
            answer = session.get(f"{job.url}/providers", headers=headers, timeout=20)
            if answer.status_code != requests.codes.too_many_requests:
                break
            time.sleep(float(answer.headers.get("Retry-After", INTERVAL)))
        answer.raise_for_status()

    return read


if __name__ == "__main__":
    carry_out(new_reader)
