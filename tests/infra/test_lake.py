"""The template of the lake's bucket and roles: it is well formed, it deploys, and what it makes is closed to everybody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint.api as cfnlint
import pytest
import yaml
from botocore.session import Session

from fondaco.settings import load_settings
from tests.servers import Server


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's functions, each as what it is called with."""


_Loader.add_multi_constructor("!", lambda loader, _, node: _called_with(loader, node))


def _called_with(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else loader.construct_sequence(node, deep=True)  # type: ignore[arg-type]


KEY = "arn:aws:kms:eu-central-1:111111111111:key/0a1b2c3d"
Deploy = Callable[..., Mapping[str, str]]
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def template() -> Path:
    return Path(__file__).parents[2] / "infra/lake.yml"


@pytest.fixture(scope="module")
def resources(template: Path) -> Any:
    """What the template makes, by name."""
    return yaml.load(template.read_text(encoding="utf-8"), _Loader)["Resources"]


@pytest.fixture(scope="module")
def client(s3_server: Server) -> Client:
    """Clients of the local AWS, one for each of its services."""
    session, endpoint = Session(), f"http://{s3_server.host}:{s3_server.port}"
    session.set_credentials("AKIAEXAMPLE", "the-secret-of-the-test")
    return cache(lambda name: session.create_client(name, region_name="eu-central-1", endpoint_url=endpoint))


@pytest.fixture(scope="module")
def deploy(template: Path, client: Client) -> Deploy:
    """Creates a stack and gives its outputs."""

    def deployed(name: str, **parameters: str) -> Mapping[str, str]:
        said = {"BucketName": name, "WriterPrincipalArn": "arn:aws:iam::111111111111:role/fondaco", **parameters}
        client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in said.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        stack = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    return deployed


@pytest.fixture(scope="module")
def plain(deploy: Deploy) -> Mapping[str, str]:
    """The stack as it is deployed first."""
    return deploy("acme-lake")


@pytest.fixture(scope="module")
def whole(deploy: Deploy) -> Mapping[str, str]:
    """The stack with everything that may be said."""
    return deploy(
        "acme-whole",
        Prefix="shops/eu",
        KmsKeyArn=KEY,
        SnowflakePrincipalArn="arn:aws:iam::222222222222:user/abc1-b-self1234",
        SnowflakeExternalId="ACME_SFCRole=2_x=",
    )


def test_the_linter_finds_nothing_in_the_template(template: Path) -> None:
    assert cfnlint.lint(template.read_text(encoding="utf-8")) == []


def test_the_linter_would_find_a_mistake(template: Path) -> None:
    broken = template.read_text(encoding="utf-8").replace("{Status: Enabled}", "{Status: Always}")
    assert cfnlint.lint(broken)


def test_the_bucket_is_encrypted(plain: Mapping[str, str], client: Client) -> None:
    rules = client("s3").get_bucket_encryption(Bucket="acme-lake")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


# The local AWS deploys no more of a bucket than its encryption; of the rest the template speaks for itself.


@pytest.mark.parametrize("name", ["Lake", "AccessLog"])
def test_a_bucket_is_closed_to_the_public_refuses_plain_http_and_outlives_its_stack(resources: Any, name: str) -> None:
    blocked = resources[name]["Properties"]["PublicAccessBlockConfiguration"]
    assert (len(blocked), set(blocked.values())) == (4, {True})
    assert resources[name]["DeletionPolicy"] == resources[name]["UpdateReplacePolicy"] == "Retain"
    (policy,) = (
        one["Properties"] for one in resources.values() if one["Type"] == "AWS::S3::BucketPolicy" and one["Properties"]["Bucket"] == name
    )
    tls = next(statement for statement in policy["PolicyDocument"]["Statement"] if statement["Sid"] == "TlsOnly")
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Resource"] == [f"{name}.Arn", f"${{{name}.Arn}}/*"]


def test_the_bucket_is_logged_and_what_was_deleted_is_gone_from_its_versions_within_a_month(resources: Any) -> None:
    lake = resources["Lake"]["Properties"]
    assert lake["LoggingConfiguration"]["DestinationBucketName"] == "AccessLog"
    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in lake["LifecycleConfiguration"]["Rules"]}
    assert rules["what-was-deleted"]["NoncurrentVersionExpiration"]["NoncurrentDays"] < 30
    assert rules["what-was-begun-and-not-ended"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert [move["StorageClass"] for move in rules["what-grew-old"]["Transitions"]] == ["INTELLIGENT_TIERING"]
    assert all(rule["Status"] == "Enabled" for rule in rules.values())


def test_a_key_of_ones_own_encrypts_and_both_roles_may_use_it(whole: Mapping[str, str], client: Client) -> None:
    rule = client("s3").get_bucket_encryption(Bucket="acme-whole")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert _rights(client, whole["WriterRoleArn"])["Key"]["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert _rights(client, whole["SnowflakeRoleArn"])["Key"]["Action"] == "kms:Decrypt"


def test_the_writer_reaches_the_lake_and_nothing_else(plain: Mapping[str, str], client: Client) -> None:
    rights = _rights(client, plain["WriterRoleArn"])
    assert set(rights) == {"Files", "Lists"}
    assert rights["Files"]["Resource"] == "arn:aws:s3:::acme-lake/shop/*"
    # what fondaco's own page on S3 asks for, no more
    assert sorted(rights["Files"]["Action"]) == ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    assert rights["Lists"]["Condition"] == {"StringLike": {"s3:prefix": ["shop/*"]}}
    assert all("*" not in action for right in rights.values() for action in _actions(right))


def test_snowflake_reads_rows_and_neither_what_was_put_aside_nor_who_was_forgotten(whole: Mapping[str, str], client: Client) -> None:
    rights = _rights(client, whole["SnowflakeRoleArn"])
    assert all(action.startswith(("s3:Get", "s3:List", "kms:Decrypt")) for right in rights.values() for action in _actions(right))
    assert rights["Rows"]["Resource"] == "arn:aws:s3:::acme-whole/shops/eu/bronze/*"
    denied = rights["NotWhatIsNobodysBusiness"]
    assert (denied["Effect"], denied["Resource"]) == ("Deny", "arn:aws:s3:::acme-whole/shops/eu/bronze/_*")


def test_nobody_takes_on_the_readers_role_before_the_integration_is_named(plain: Mapping[str, str], client: Client) -> None:
    assert [statement["Effect"] for statement in _trust(client, plain["SnowflakeRoleArn"])] == ["Deny"]


def test_the_integration_takes_on_the_readers_role_with_its_external_id_alone(whole: Mapping[str, str], client: Client) -> None:
    (trust,) = _trust(client, whole["SnowflakeRoleArn"])
    assert (trust["Effect"], trust["Principal"]) == ("Allow", {"AWS": "arn:aws:iam::222222222222:user/abc1-b-self1234"})
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "ACME_SFCRole=2_x="}}


def test_the_outputs_are_what_the_configuration_asks_for(whole: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "fondaco.yml").write_text(
        f"""
version: 1
project: acme
sources: {{shop: {{type: demo}}}}
lake: {{path: "{whole["LakePath"]}", region: "{whole["LakeRegion"]}", role_arn: "{whole["WriterRoleArn"]}"}}
"""
    )
    lake = load_settings(tmp_path / "fondaco.yml").lake
    assert (lake.path, lake.region, lake.role_arn) == ("s3://acme-whole/shops/eu", "eu-central-1", whole["WriterRoleArn"])


def _rights(client: Client, role_arn: str) -> dict[str, Any]:
    """The statements of a role's own policies, by their names."""
    iam, role = client("iam"), role_arn.rpartition("/")[2]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [_document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]) for name in names]
    assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return {statement["Sid"]: statement for document in documents for statement in document["Statement"]}


def _trust(client: Client, role_arn: str) -> list[dict[str, Any]]:
    role = client("iam").get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
    return list(_document(role["AssumeRolePolicyDocument"])["Statement"])


def _document(policy: Any) -> dict[str, Any]:
    """A policy; the local AWS gives some back as the text of a Python value, and a word for what a condition left out."""
    found: dict[str, Any] = yaml.safe_load(policy) if isinstance(policy, str) else policy
    return {**found, "Statement": [statement for statement in found["Statement"] if isinstance(statement, dict)]}


def _actions(statement: Mapping[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)
