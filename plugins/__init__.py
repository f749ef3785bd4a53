"""The plugins that come with Plenaria. They never import each other; `README.md` says how to read one."""
