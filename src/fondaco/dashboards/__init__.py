"""The numbers, shown: as a live app and as a page of HTML; both from the same questions and the same charts.

period.py    spans of days, and what each is compared with
view.py      period, comparison and filters, as they stand in an address
formats.py   how a figure is written
page.py      a page as a value: cards, charts' data, tables
viewer.py    figures and rows as one viewer sees them
looks.py     colours and type, light and dark
charts.py    charts of rows
treemap.py   tiles by size
pages/       what each page asks
trust.py     how far the data goes, and whether checks passed
opening.py   a viewer, by her name
report.py    pages as one file of HTML
app/         pages as a live app; the only one that knows Streamlit

Nothing here opens the warehouse: every number is asked as the viewer, through governance.
"""
