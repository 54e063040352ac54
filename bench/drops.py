"""Daily files of Online Retail: the shared ones where they are, else ones like them; and larger shops made of either.

    python -m bench.drops make FOLDER FILES
    python -m bench.drops repeat FOLDER TARGET TIMES DAYS_A_FILE

Each is a process of its own, so that what it takes in memory is not counted as somebody else's.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import duckdb

from bench.measure import ROOT, python, run

_LINES = """
create table days as
select row_number() over (order by day) - 1 as number, day
from (select unnest(generate_series(date '2010-12-01', date '2011-12-31', interval 1 day)) as day)
where isodow(day) <> 6
limit {files};

create table invoices as
select
    536365 + days.number * 110 + sequence as number,
    days.number as file,
    day + interval 7 hour + sequence * interval 7 minute as invoiced_at,
    cast(hash(days.number, sequence) >> 1 as bigint) as seed
from days, range(76) as invoices (sequence);

-- 19 lines an invoice, a quarter of the lines without a customer, an invoice in seven a credit note: as in the real files
create table lines as
select
    file,
    row_number() over (partition by file order by number, line) as position,
    if(seed % 7 = 0, 'C', '') || number as InvoiceNo,
    if(hash(seed, line) % 90 = 0, 'POST', 20000 + product || if(product % 5 = 0, chr(cast(65 + product % 3 as integer)), '')) as StockCode,
    'ITEM ' || md5('' || product)[:12 + product % 12] as Description,
    if(seed % 7 = 0, -1, 1) * (1 + hash(line, seed) % 12) as Quantity,
    strftime(invoiced_at, '%Y-%m-%d %H:%M:%S') as InvoiceDate,
    cast((39 + product * 37 % 1500) / 100 as decimal(8, 2)) as UnitPrice,
    if(seed % 4 = 1, null, 12346 + seed % 3300 || '.0') as CustomerID,
    if(seed % 3300 % 11 = 0, ['Germany', 'France', 'EIRE', 'Spain', 'Norway'][1 + seed % 5], 'United Kingdom') as Country
from (
    select *, cast(3700 * pow((hash(line, number) % 10000) / 10000, 2) as bigint) as product
    from (select *, unnest(range(cast(1 + seed % 38 as bigint))) as line from invoices)
)
"""

#: A copy is another shop year: other invoices, later days; two thirds of the customers are new ones.
_COPIES = """
create table lines as
with original as (
    select *, row_number() over () as place from read_csv('{folder}/*.csv.gz', all_varchar = true, header = true, filename = true)
),
span as (
    select
        date_diff('day', min(cast(InvoiceDate as date)), max(cast(InvoiceDate as date))) + 1 as days,
        max(cast(right(InvoiceNo, 6) as bigint)) - min(cast(right(InvoiceNo, 6) as bigint)) + 1 as numbers,
        count(distinct filename) as files
    from original
)
select
    (copy * span.files + dense_rank() over (partition by copy order by filename) - 1) // {days_a_file} as file,
    copy * (select count(*) from original) + place as position,
    left(InvoiceNo, length(InvoiceNo) - 6) || (cast(right(InvoiceNo, 6) as bigint) + copy * span.numbers) as InvoiceNo,
    StockCode,
    Description,
    Quantity,
    strftime(cast(InvoiceDate as timestamp) + copy * span.days * interval 1 day, '%Y-%m-%d %H:%M:%S') as InvoiceDate,
    UnitPrice,
    if(cast(left(CustomerID, 5) as bigint) % 3 = 0, CustomerID, (cast(left(CustomerID, 5) as bigint) + 10000 * copy) || '.0') as CustomerID,
    Country
from original, span, range({times}) as copies (copy)
"""


def shared() -> Path | None:
    """The folder of the real daily files, None where they are not."""
    folder = Path(os.environ.get("FONDACO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "online_retail" / "daily"
    return folder if folder.is_dir() else None


def daily(work: Path, files: int) -> tuple[Path, bool]:
    """A folder of that many daily files, made once, and whether they are real."""
    found = shared()
    real = sorted(found.glob("*.csv.gz"))[:files] if found else []
    target = work / f"drops-{files}"
    if target.is_dir():
        pass
    elif len(real) == files:
        copy(real, target)
    else:
        run(python("-m", "bench.drops", "make", str(target), str(files)))
    return target, len(real) == files


def larger(work: Path, folder: Path, times: int, days_a_file: int = 1) -> Path:
    """A folder with the shop of another one `times` over, each file holding that many of its days."""
    target = work / f"drops-{times}x{days_a_file}"
    run(python("-m", "bench.drops", "repeat", str(folder), str(target), str(times), str(days_a_file)))
    return target


def copy(files: list[Path], target: Path) -> None:
    """Files as they are, with their times: a file that changed lately is looked at twice."""
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy2(file, target)


def _write(statements: str, target: Path) -> None:
    target.mkdir(parents=True)
    with duckdb.connect(config={"temp_directory": str(target.parent)}) as connection:
        connection.execute(statements)
        connection.execute("create table ordered as select * from lines order by file, position")
        for (file,) in connection.execute("select distinct file from lines order by 1").fetchall():
            place = target / f"{file:05d}.csv.gz"
            connection.execute(
                f"copy (select * exclude (file, position) from ordered where file = {file}) to '{place}' (format csv, header, compression gzip)"
            )
            os.utime(place, (0, 0))


def main(arguments: list[str]) -> None:
    """One of the two commands above."""
    match arguments:
        case ["make", folder, files]:
            _write(_LINES.format(files=int(files)), Path(folder))
        case ["repeat", folder, target, times, days_a_file]:
            _write(_COPIES.format(folder=folder, times=int(times), days_a_file=int(days_a_file)), Path(target))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
