"""What people would write instead: the usual libraries, imported and their clients made at the top of the file."""

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import BaseModel

logger = Logger(service="plain")
metrics = Metrics(namespace="plain", service="plain")
app = APIGatewayRestResolver(enable_validation=True)
dynamodb = boto3.resource("dynamodb", region_name="us-east-1")
table = dynamodb.Table("plain")
sqs = boto3.client("sqs", region_name="us-east-1")
secrets = boto3.client("secretsmanager", region_name="us-east-1")
session = requests.Session()


class Visit(BaseModel):
    patient_id: str
    start: str
    minutes: int = 60


@app.post("/visits")
def book(visit: Visit) -> dict[str, str]:
    return {"patient_id": visit.patient_id}


def lambda_handler(event, context):  # type: ignore[no-untyped-def]
    return app.resolve(event, context)
