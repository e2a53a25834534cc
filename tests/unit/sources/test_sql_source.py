"""mailguard.sources.sql_source: rows out of another database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from mailguard.errors import MailguardError, UsageError
from mailguard.sources.source_row import Flaw, Row
from mailguard.sources.sql_source import SqlSource
from tests.postgres_server import PostgresServer, postgres

__all__ = ["postgres"]


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """The URL of a database with customers."""
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            'CREATE TABLE "customer list" (id INTEGER, name TEXT, born TEXT, income REAL, active BOOLEAN, photo BLOB)'
        )
        connection.executemany(
            'INSERT INTO "customer list" VALUES (?, ?, ?, ?, ?, ?)',
            [
                (1, "Ada", "1815-12-10", 48050.0, 1, b"text"),
                (2, None, None, 1.5, 0, None),
                (3, "50% : x", "", 0, 1, b"\xff\xd8"),
            ],
        )
    connection.close()
    return f"sqlite:///{file}"


def rows(source: SqlSource) -> list[Row | Flaw]:
    return list(source.rows())


def test_whole_table_is_read_as_text(shop: str) -> None:
    source = SqlSource.open(shop, table_name="customer list")
    assert source.columns == ("id", "name", "born", "income", "active", "photo")
    assert source.expected == 0
    assert rows(source) == [
        Row(1, ["1", "Ada", "1815-12-10", "48050", "1", "text"]),
        Row(2, ["2", "", "", "1.5", "0", ""]),
        Flaw(3, "a value is neither text nor readable as UTF-8"),
    ]


def test_query_is_sent_as_it_stands(shop: str) -> None:
    source = SqlSource.open(
        shop, query="""SELECT id AS key, name FROM "customer list" WHERE name LIKE '5%% : x' OR name LIKE '50% : x'"""
    )
    assert source.columns == ("key", "name")
    assert rows(source) == [Row(1, ["3", "50% : x"])]
    assert rows(source) == rows(source)


def test_many_rows_come_piece_by_piece(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i AS id, 'x' AS name FROM n"
    found = rows(SqlSource.open(f"sqlite:///{tmp_path}/empty.db", query=query))
    assert [row.line for row in found] == list(range(1, 5001))


def test_source_says_where_it_is_from_without_the_password(shop: str) -> None:
    assert str(SqlSource.open(shop, table_name="customer list")) == f"{shop}, 6 columns"


@pytest.mark.parametrize(
    ("url", "asked", "said"),
    [
        ("{shop}", {}, "--table NAME or --query"),
        ("{shop}", {"table_name": "a", "query": "b"}, "--table NAME or --query"),
        ("{shop}", {"table_name": "orders"}, "no such table: orders"),
        ("{shop}", {"table_name": "sales.orders"}, "no such table: sales.orders"),
        ("{shop}", {"query": "SELECT"}, "incomplete input"),
        ("{shop}", {"query": 'DELETE FROM "customer list"'}, "readonly"),
        ("{shop}", {"query": "PRAGMA cache_size=10"}, "gives no rows"),
        ("{shop}", {"query": "SELECT 1 AS a, 2 AS a"}, "several columns 'a'"),
        ("{shop}.none", {"table_name": "a"}, "there is no database at"),
        ("sqlite://", {"table_name": "a"}, "there is no database at"),
        ("customers", {"table_name": "a"}, "--from-sql takes a URL"),
        ("klingon://secret@host/x", {"table_name": "a"}, "databases of the kind klingon are not known"),
        ("mysql+pymysql://me:secret@127.0.0.1/x", {"table_name": "a"}, "pip install pymysql"),
        ("postgresql://me:secret@127.0.0.1:1/shop", {"table_name": "a"}, r"me:\*\*\*@127.0.0.1:1/shop says: .*refused"),
        ("postgres://me:secret@127.0.0.1:1/shop?connect_timeout=x", {"table_name": "a"}, "connect_timeout"),
    ],
)
def test_what_cannot_be_asked_is_one_line_without_password(shop: str, url: str, asked: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        SqlSource.open(url.format(shop=shop), **asked)
    assert "secret" not in str(raised.value)


def test_database_that_fails_on_the_way_is_one_line(shop: str) -> None:
    query = 'SELECT id, CASE id WHEN 2 THEN abs(-9223372036854775807 - 1) END AS x FROM "customer list"'
    source = SqlSource.open(shop, query=query)
    with pytest.raises(MailguardError, match="says: integer overflow") as raised:
        rows(source)
    assert not isinstance(raised.value, UsageError)


@pytest.mark.postgres
def test_postgres_table_of_a_schema_is_read_only(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop")
        connection.exec_driver_sql("CREATE SEQUENCE shop.number")
        connection.exec_driver_sql(
            "CREATE TABLE shop.customer (id bigint, name text, born date, since timestamp, fee numeric, vip boolean)"
        )
        connection.exec_driver_sql(
            "INSERT INTO shop.customer SELECT i, 'Zoë', '1815-12-10', '2026-01-02 00:00', 1.50, true FROM generate_series(1, 3000) i"
        )
    engine.dispose()
    found = rows(SqlSource.open(url, table_name="shop.customer"))
    assert found[-1] == Row(3000, ["3000", "Zoë", "1815-12-10", "2026-01-02", "1.50", "true"])
    assert len(found) == 3000
    with pytest.raises(UsageError, match="read-only"):
        SqlSource.open(url, query="SELECT nextval('shop.number') AS id")
