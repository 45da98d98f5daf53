"""What a workflow is, written down from its configuration at the moment it is read, and so always true.

`contents.document_of` puts it together from plain parts, which a page shows and `markdown.as_markdown` writes. No
secret's value is read into it, and nothing of any record.
"""
