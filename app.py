"""LLM-KICK Explorer: the list of its pages, and the app that serves them. `streamlit run app.py` opens it.

Streamlit imports this file for `app`, which refuses other sites' requests (llmkick_core/live/host_guard.py, docs/security.md), and then runs it as a script for each
visitor. Icons stand in the titles: an `icon=` would become the tab's icon too, and streamlit fetches that from the network.
"""

import streamlit as st

if __name__ == "__main__":
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
else:
    from starlette.middleware import Middleware

    from llmkick_core.live.host_guard import LOOPBACK, HostGuard

    allowed = {"hosts": st.get_option("server.allowedHosts") or LOOPBACK, "origins": st.get_option("server.corsAllowedOrigins")}
    app = st.App(__file__, middleware=[Middleware(HostGuard, **allowed)])
