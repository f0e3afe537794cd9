"""`opendental-sdk`, as it comes."""

from opendental.client import OpenDentalClient  # type: ignore[import-not-found]

from tools.bench.rate_limit.job import Job, Read, carry_out


def new_reader(job: Job) -> Read:
    client = OpenDentalClient(job.developer_key, job.customer_key, base_url=job.url)
    client.session.trust_env = False
    return client.providers.list  # type: ignore[no-any-return]


if __name__ == "__main__":
    carry_out(new_reader)
