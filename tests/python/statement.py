#!/usr/bin/env python3
"""A statement as two other readers find it: a PDF by pypdf, a workbook by openpyxl.

    statement.py FILE    FILE ends in .pdf or .xlsx; prints what it says and how it is made
"""
import json
import re
import sys

import openpyxl
import pypdf


def walk(node, kinds):
    """The kinds of structure below a node."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            walk(child, kinds)
    elif isinstance(node, dict):
        if "/S" in node:
            kinds.add(node["/S"].lstrip("/"))
        walk(node.get("/K", []), kinds)


def fonts_of(page):
    for font in page["/Resources"].get("/Font", {}).values():
        for one in font.get_object().get("/DescendantFonts", [font]):
            yield one.get_object()["/FontDescriptor"]


def pdf(path):
    reader = pypdf.PdfReader(path)
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    kinds = set()
    walk(root["/StructTreeRoot"], kinds)
    said = lambda name: (re.search(rf"{name}[>=\"]+(\w+)", xmp) or [None, None])[1]
    outside = 0
    for page in reader.pages:
        for descriptor in fonts_of(page):
            outside += not any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3"))
    raw = open(path, "rb").read()
    return {
        "pages": [page.extract_text() for page in reader.pages],
        "pdfa": f"{said('pdfaid:part')}{said('pdfaid:conformance')}",
        "pdfua": said("pdfuaid:part"),
        "tagged": bool(root["/MarkInfo"]["/Marked"]),
        "language": root.get("/Lang"),
        "title": reader.metadata.title,
        "created": reader.metadata.creation_date.date().isoformat(),
        "fonts_outside": outside,
        "actions": sum(raw.count(word) for word in (b"/JavaScript", b"/URI", b"/Launch", b"/OpenAction", b"/EmbeddedFile")),
        "kinds": sorted(kinds),
    }


def xlsx(path):
    book = openpyxl.load_workbook(path)
    cells, formulas = {}, 0
    for sheet in book:
        cells[sheet.title] = {}
        for row in sheet.iter_rows():
            for cell in row:
                formulas += cell.data_type == "f"
                # A number as the shortest decimal that is this float, which is what a spreadsheet shows.
                value = None if cell.value is None else str(cell.value)
                cells[sheet.title][cell.coordinate] = {
                    "value": value,
                    "type": cell.data_type,
                    "format": cell.number_format,
                    "quoted": bool(cell.quotePrefix),
                }
    return {
        "sheets": book.sheetnames,
        "frozen": {sheet.title: sheet.freeze_panes for sheet in book},
        "filter": book["Lines"].auto_filter.ref,
        "created": book.properties.created.date().isoformat(),
        "formulas": formulas,
        "cells": cells,
    }


path = sys.argv[1]
print(json.dumps(pdf(path) if path.endswith(".pdf") else xlsx(path)))
