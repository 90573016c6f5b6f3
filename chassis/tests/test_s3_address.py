"""Addresses of object stores: what operators write, and what they are told where it is wrong."""

import pytest

from kontor_chassis.blobs.s3_address import S3Address, parse_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://files", S3Address("files")),
        ("s3://files/", S3Address("files")),
        ("s3://files/kontor/Test_1", S3Address("files", "kontor/Test_1")),
        ("s3://files.example.org/kontor/", S3Address("files.example.org", "kontor")),
        (
            "s3://files?endpoint=https://store.example.org:9000&region=eu-central-1",
            S3Address("files", endpoint="https://store.example.org:9000", region="eu-central-1"),
        ),
        ("s3://files?endpoint=http%3A%2F%2F%5B%3A%3A1%5D%3A9000", S3Address("files", endpoint="http://[::1]:9000")),
        ("s3://files?addressing=virtual", S3Address("files", addressing="virtual")),
    ],
)
def test_an_address_names_bucket_prefix_and_options(url: str, address: S3Address) -> None:
    assert parse_address(url) == address


def test_a_prefix_stands_before_every_key() -> None:
    assert S3Address("files").name_of("raw/1") == "raw/1"
    assert S3Address("files", "a/b").name_of("raw/1") == "a/b/raw/1"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://files.s3.amazonaws.com", "begins with s3://"),
        ("s3://", "name of a bucket"),
        ("s3:///files", "name of a bucket"),
        ("s3://fi", "name of a bucket"),
        ("s3://" + "f" * 64, "name of a bucket"),
        ("s3://Files", "name of a bucket"),
        ("s3://fi..les", "name of a bucket"),
        ("s3://files:9000", "name of a bucket"),
        ("s3://files#part", "name of a bucket"),
        ("s3://AKIA:geheim@files", "AWS_ACCESS_KEY_ID"),
        ("s3://files/../other", "prefix"),
        ("s3://files/a//b", "prefix"),
        ("s3://files/" + "a" * 257, "prefix"),
        ("s3://files?endpont=http://localhost", "options"),
        ("s3://files?endpoint=http://a&endpoint=http://b", "options"),
        ("s3://files?secret=geheim", "options"),
        ("s3://files?endpoint=", "endpoint is"),
        ("s3://files?endpoint=localhost:9000", "endpoint is"),
        ("s3://files?endpoint=http://localhost:port", "endpoint is"),
        ("s3://files?endpoint=ftp://localhost", "endpoint is"),
        ("s3://files?endpoint=http://kontor:geheim@localhost", "endpoint is"),
        ("s3://files?endpoint=http://localhost/files", "endpoint is"),
        ("s3://files?addressing=dns", "addressing is"),
    ],
)
def test_an_address_that_is_wrong_says_why_and_repeats_no_secret(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        parse_address(url)
    assert "geheim" not in str(raised.value)
