"""The governed data warehouse of an online shop. This is the map; the data flows down it.

    errors         what can go wrong, as one tree
    settings       fondaco.yml and the environment, read once, frozen
    contracts      what a shop is made of, what a real system's tables are
    storage        files in a folder or in a bucket, by the same few calls
    sources        read the shop, yield batches of Arrow, write nothing
    lake           write once, keep everything: Parquet, a commit log, quarantine
    warehouse      one door to DuckDB; the models and their tests by dbt
    governance     policy/ compiled to who sees which cells, and enforced
    metrics        figures by their definition: what they mean, and their SQL
    alerts         somebody is told, by webhook or e-mail
    job            the main job as a list of steps: prepare, land, build, publish, summarise
    dashboards     the numbers, shown: a live app and a page of HTML, asked as the viewer
    orchestration  the clock: Dagster runs the stages, each of which runs without it
    cli            parse, call, print

A room may import the rooms above it in this list, never one below.
"""

__version__ = "0.1.0"
