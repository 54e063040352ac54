"""The pages as a live app. The only room that knows Streamlit.

entry.py   what Streamlit runs, anew for each click
login.py   who looks
house.py   what is the same for everybody: settings, policy, definitions
filters.py period, comparison and filters, in the address
draw.py    a page's value as the app shows it
states.py  what stands there when there is no page
"""
