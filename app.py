"""LLM-KICK Explorer: the list of its pages. `streamlit run app.py` opens it.

Icons stand in the titles: an `icon=` would become the tab's icon too, and streamlit fetches that from the network.
"""

import streamlit as st

page = st.navigation(
    [
        st.Page("pages/overview.py", title=":material/monitoring: Overview", icon="", default=True),
        st.Page("pages/run.py", title=":material/play_circle: Run", icon=""),
        st.Page("pages/compare.py", title=":material/compare_arrows: Compare", icon=""),
        st.Page("pages/ladder.py", title=":material/stairs: Ladder", icon=""),
        st.Page("pages/slices.py", title=":material/grid_on: Slices", icon=""),
        st.Page("pages/judge.py", title=":material/gavel: Judge", icon=""),
        st.Page("pages/layers.py", title=":material/layers: Layers", icon=""),
        st.Page("pages/live.py", title=":material/forum: Live", icon=""),
        st.Page("pages/data.py", title=":material/database: Data", icon=""),
    ]
)
page.run()
