"""Turns the SAM template into plain CloudFormation: `python -I translate.py TEMPLATE OUTPUT`, in sam's environment."""

import json
import sys
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def main(template: Path, output: Path) -> None:
    """Writes the translation. Local folders become objects of a bucket, as after an upload."""
    document = yaml_parse(template.read_text("utf-8"))
    for resource in document["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = {"Bucket": "artifacts", "Key": "artifact.zip"}
        resource.pop("Metadata", None)
    parameters = {name: str(value.get("Default", "")) for name, value in document["Parameters"].items()}
    # The template names every right itself: no managed policy is looked up.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    translated = translator.translate(document, parameters)
    output.write_text(json.dumps(translated, indent=1), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
