#!/usr/bin/env python3
"""A second verifier of statement bundles, which shares no code with Trueup: docs/bundle.md says what it checks.

    verify_bundle.py FILE --key KEY     KEY is the vendor's public key: name+id+base64

Standard library and `cryptography` for Ed25519. Exit code 0: it holds; 1: it does not, each reason on a line; 2: this verifier does not
understand something in it, or was used wrongly.
"""
import base64
import binascii
import hashlib
import json
import sys
import threading
from fractions import Fraction

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from plan_calendar import Window, day_of, text_of
from plan_meaning import Meaning
from plan_values import Beyond, Day, Nothing, Place, read, typed

ORDER = ["bundle", "text", "declaration", "seal", "tree", "directory", "kind", "fact", "rate", "input", "place", "node",
         "line", "posting", "acts", "lines", "act", "checkpoint"]
ONCE = {"bundle", "acts", "lines", "checkpoint"}
FINDINGS_MAX = 20


class Wrong(Exception):
    """Something is not as it should be."""


def sha256(data):
    return hashlib.sha256(data).digest()


# Signed notes (C2SP)

class Key:
    def __init__(self, text):
        name, key_id, encoded = text.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if len(raw) != 33 or raw[0] != 1:
            raise Wrong("the key is none of Ed25519")
        self.name, self.id, self.text = name, binascii.unhexlify(key_id), text
        self.public = Ed25519PublicKey.from_public_bytes(raw[1:])
        if sha256(name.encode() + b"\n" + raw)[:4] != self.id:
            raise Wrong("the key's id is not the one of the key")

    def program(self):
        return self.name.split("/", 1)[0]

    def whose(self):
        return self.name.split("/", 1)[1]


def note_text(note):
    head, rule, _ = note.rpartition("\n\n")
    if not rule:
        raise Wrong("it is no signed note")
    return head + "\n"


def signers(note, keys, others=False):
    """The keys that signed a note. A signature of a known key must hold; of an unknown one only where others are allowed."""
    text, signed = note_text(note), []
    lines = note.rpartition("\n\n")[2]
    if not lines.endswith("\n"):
        raise Wrong("a signature's line does not end")
    for line in lines[:-1].split("\n"):
        try:
            mark, name, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise Wrong("a line below it is no signature") from error
        if mark != "—" or base64.b64encode(raw).decode() != encoded or len(raw) < 5:
            raise Wrong("a line below it is no signature")
        key = next((key for key in keys if key.name == name and key.id == raw[:4]), None)
        if key is None:
            if not others:
                raise Wrong(f"{name} signed it and has no say in it")
            continue
        try:
            key.public.verify(raw[4:], text.encode())
        except InvalidSignature as error:
            raise Wrong(f"the signature of {name} does not fit the text") from error
        signed.append(key)
    return signed


# The tree of RFC 6962

def leaf_hash(data):
    return sha256(b"\0" + data)


def root_of(leaf, at, size, path):
    """The root that a leaf and the hashes beside its way lead to (RFC 9162, 2.1.3.2)."""
    if not 0 <= at < size:
        raise Wrong("its place lies beyond the checkpoint")
    place, last, value = at, size - 1, leaf
    for beside in path:
        if last == 0:
            raise Wrong("its proof has hashes too many")
        if place & 1 or place == last:
            value = sha256(b"\1" + beside + value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = sha256(b"\1" + value + beside)
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("its proof lacks hashes")
    return value


# Reading

def once(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise Wrong("a key is there twice")
    return dict(pairs)


def lines_of(data):
    """The records by kind, and the bytes that are signed."""
    text = data.decode()
    if not text.endswith("\n"):
        raise Wrong("it is cut off")
    records, digests, signed, rank = {kind: [] for kind in ORDER}, [], 0, 0
    for number, line in enumerate(text[:-1].split("\n"), 1):
        try:
            record = json.loads(line, object_pairs_hook=once)
            (kind, says), = record.items()
        except (ValueError, AttributeError) as error:
            raise Wrong(f"line {number}: it is no line of a bundle") from error
        if json.dumps(record, separators=(",", ":"), ensure_ascii=False) != line:
            raise Wrong(f"line {number}: it is not written as bundles are")
        if kind not in ORDER or ORDER.index(kind) < rank or (kind in ONCE and records[kind]):
            raise Wrong(f"line {number} ({kind}): it stands where it does not belong")
        rank = ORDER.index(kind)
        records[kind].append(says)
        if rank <= ORDER.index("lines"):
            signed += len(line.encode()) + 1
            digests.append(hashlib.sha256(line.encode()).hexdigest()[:16])
    for kind in ONCE:
        if not records[kind]:
            raise Wrong(f"{kind} is gone")
    listed = records["lines"][0]
    for number, (should, there) in enumerate(zip(listed, digests), 1):
        if should != there:
            raise Wrong(f"line {number}: it is not the line that was signed")
    if len(listed) != len(digests) - 1:
        raise Wrong("the list of lines: lines are gone or too many")
    return records, data[:signed], len(digests)


# What is signed

def act_of(note):
    head, _, says = note_text(note).partition("\n\n")
    lines = head.split("\n")
    words = ["at", "by", "for", "kind", "after"]
    if lines[0] != "trueup act 1" or [line.split(" ", 1)[0] for line in lines[1:]] != words:
        raise Wrong("it is no act")
    return dict(line.split(" ", 1) for line in lines[1:]) | {"says": says[:-1], "note": note}


def acts_of(records, signed, count, key):
    checkpoint = records["checkpoint"][0]
    origin, size, root, *more = note_text(checkpoint)[:-1].split("\n")
    if more or origin != key.name or key not in signers(checkpoint, [key], others=True):
        raise Wrong("the checkpoint: the key did not sign it")
    if str(int(size)) != size or base64.b64encode(base64.b64decode(root)).decode() != root:
        raise Wrong("the checkpoint: it is not written as checkpoints are")
    acts = []
    for record in records["act"]:
        path = [base64.b64decode(text, validate=True) for text in record["hashes"]]
        if [base64.b64encode(one).decode() for one in path] != record["hashes"] or any(len(one) != 32 for one in path):
            raise Wrong(f"act {record['at']}: a hash of its proof is none")
        if root_of(leaf_hash(record["note"].encode()), record["at"], int(size), path) != base64.b64decode(root):
            raise Wrong(f"act {record['at']}: it does not lie below the checkpoint")
        acts.append(act_of(record["note"]) | {"place": record["at"]})
    if not acts:
        raise Wrong("the acts: none states the bundle")
    follow = [[act["place"], act["kind"]] for act in acts[:-1]]
    if follow != records["acts"][0]["follow"]:
        raise Wrong("the acts: they are not those that the bundle lists")
    head, stating = records["bundle"][0], acts[-1]
    says = {"partner": head["partner"], "period": head["period"], "until": head["until"], "lines": count,
            "sha256": hashlib.sha256(signed).hexdigest()}
    if stating["kind"] != "statement.issued" or stating["for"] != "vendor" or json.loads(stating["says"]) != says:
        raise Wrong(f"act {stating['place']}: it does not state these lines")
    return acts


def key_signed(acts, seals, key):
    """Every act is signed in the name it is in, by a key that the bundle shows."""
    known = [key] + [Key(seal[side]) for seal in seals for side in ("vendor_key", "partner_key")]
    for act in acts:
        if act["kind"] in ("journal.opened", "key.added", "key.rotated"):
            says = json.loads(act["says"])
            if "key" in says:
                known.append(Key(says["key"]))
            else:
                asked = Key(note_text(says["request"]).split("\n")[1])
                if not signers(says["request"], [asked]):
                    raise Wrong(f"act {act['place']}: the key in it did not ask for it")
                known.append(asked)
    for act in acts:
        keys = [one for one in known if one.whose() == act["for"] and one.program() == key.program()]
        if not signers(act["note"], keys):
            raise Wrong(f"act {act['place']}: no key of {act['for']} signed it")


def seal_of(note):
    seal = {"text": {}, "declaration": {}, "until": None}
    lines = note_text(note)[:-1].split("\n")
    if lines[0] != "trueup agreement 1":
        raise Wrong("it is no seal")
    for line in lines[1:]:
        word, rest = line.split(" ", 1)
        if word in ("text", "declaration"):
            name, digest = rest.rsplit(" ", 1)
            seal[word][name] = digest
        elif word == "key":
            whose, text = rest.split(" ", 1)
            seal["vendor_key" if whose == "vendor" else "partner_key"] = text
            seal["custody"] = whose
        else:
            seal[word] = rest
    keys = [Key(seal["vendor_key"]), Key(seal["partner_key"])]
    if {one.text for one in signers(note, keys)} != {one.text for one in keys}:
        raise Wrong("it is not signed by both sides")
    if keys[0].whose() != "vendor" or keys[1].whose() != "partner/" + seal["partner"]:
        raise Wrong("its keys are not those of its sides")
    return seal


def sealed(records, acts):
    """The seals, held to the texts and declarations of the bundle."""
    head, seals = records["bundle"][0], []
    texts = {text["path"]: text["sha256"] for text in records["text"]}
    declarations = {one["name"]: one["sha256"] for one in records["declaration"]}
    for text in records["text"]:
        if hashlib.sha256(text["holds"].encode()).hexdigest() != text["sha256"]:
            raise Wrong(f"text {text['path']}: it is not the text of its digest")
    for one in records["declaration"]:
        if declared(one["name"], one["says"]) != one["sha256"]:
            raise Wrong(f"declaration {one['name']}: it is not what its digest is of")
    named = set()
    for record in records["seal"]:
        place = f"the seal of {record['agreement']}"
        seal = seal_of(record["note"])
        own = (seal["agreement"], seal["program"], seal["partner"])
        if own != (record["agreement"], head["program"], head["partner"]):
            raise Wrong(f"{place}: it is of another agreement, partner or program")
        accepts = [act for act in acts if act["place"] == record["accepted_at"] and act["kind"] == "agreement.accepted"]
        if not accepts or json.loads(accepts[0]["says"])["note"] != record["note"]:
            raise Wrong(f"{place}: act {record['accepted_at']} does not accept it")
        for path, digest in seal["text"].items():
            if path in texts and texts[path] != digest:
                raise Wrong(f"{place}: both sides signed another {path}")
            if path not in texts and not path.startswith("cases/"):
                raise Wrong(f"{place}: {path} was signed and is not in the bundle")
        for name, digest in seal["declaration"].items():
            if declarations.get(name) != digest:
                raise Wrong(f"{place}: both sides signed another {name}")
        named |= set(seal["text"]) | set(seal["declaration"])
        seals.append(seal)
    if {one["agreement"] for one in head["under"]} <= {seal["agreement"] for seal in seals}:
        strange = (set(texts) | set(declarations)) - named
        if strange:
            raise Wrong(f"{sorted(strange)[0]}: it is in the bundle and nobody signed it")
    return seals


def declared(name, says):
    """The digest of a declaration: texts, lists and maps, each part with its length before it."""
    hasher = hashlib.sha256()

    def data(data):
        hasher.update(len(data).to_bytes(8, "big") + data)

    def node(says):
        if isinstance(says, str):
            data(b"text")
            data(says.encode())
        elif isinstance(says, list):
            data(b"list")
            data(len(says).to_bytes(8, "big"))
            for one in says:
                node(one)
        elif isinstance(says, dict):
            data(b"map")
            data(len(says).to_bytes(8, "big"))
            for key, value in says.items():
                data(key.encode())
                node(value)
        elif says is None:
            data(b"empty")
        else:
            raise Wrong(f"declaration {name}: it holds what is no text")

    word = name.split(" ")[0]
    data(f"trueup {word} 1".encode())
    if word == "program":
        for key in ("program", "currency", "zone", "calendar"):
            data(key.encode())
            node(says[key]) if key in says else data(b"none")
        if set(says) - {"program", "currency", "zone", "calendar"}:
            raise Wrong("declaration program: it says more than is signed")
    else:
        node(says)
    return hasher.hexdigest()


def closed(records, acts):
    head = records["bundle"][0]
    if head["locked"] is None:
        return
    says = [act | {"told": json.loads(act["says"])} for act in acts if act["kind"].startswith("period.")]
    for closing in says:
        if closing["kind"] != "period.closed" or closing["told"]["until"] != head["locked"]:
            continue
        at = closing["told"]["calculation"]
        calculated = next(act for act in says if act["place"] == at and act["kind"] == "period.calculated")
        approved = next(act for act in says if act["kind"] == "period.approved" and act["told"]["calculation"] == at)
        digests = {act["told"]["sha256"] for act in (closing, calculated, approved)}
        is_so = len(digests) == 1 and calculated["told"]["run"] == head["run"] and calculated["by"] != approved["by"]
        if is_so and calculated["told"]["until"] == head["locked"]:
            return
    raise Wrong("the closing: no acts calculate, approve and close what the head says is locked")


# What the plan comes to

def window_of(place):
    days = [day_of(day) for day in place["window"] + place["full"]]
    return Window(place["unit"], *days)


def place_of(place, row, key):
    known, judged = place.get("known_before"), place.get("judged_until")
    trailing = tuple(place["trailing"]) if "trailing" in place else None
    return Place(
        window_of(place), trailing, tuple(row) if row else None, key, day_of(known) if known else None,
        place.get("as_agreed", False), day_of(judged) if judged else None,
    )


def facts_of(records, tree):
    facts, partner = [], records["bundle"][0]["partner"]
    for n, fact in enumerate(records["fact"]):
        if fact["n"] != n:
            raise Wrong(f"fact {fact['n']}: it should be number {n}")
        says = tree["kind " + fact["kind"]]
        values = {name: typed(cell, of) for (name, of), cell in zip(says["columns"], fact["cells"])}
        for line, credited in enumerate(says["credited"]):
            own = [level for at, level in fact["credits"] if at == line]
            named = "to" in credited and values[credited["to"]] == partner
            right = own == ([0] if named else []) if "to" in credited else len(own) < 2 and all(level > 0 for level in own)
            if not right:
                raise Wrong(f"fact {n}: it is not credited as its kind says")
        recorded, replaced = fact.get("recorded_on"), fact.get("replaced_on")
        facts.append(fact | {
            "values": values, "recorded": day_of(recorded) if recorded else None,
            "replaced": day_of(replaced) if replaced else None,
        })
    return facts


def meaning_of(records):
    tree = {part["part"]: part["holds"] for part in records["tree"]}
    rates = {}
    for rate in records["rate"]:
        day = day_of(rate["on"]) if rate["on"] else None
        rates.setdefault((rate["from"], rate["into"]), []).append((day, Fraction(rate["rate"])))
    inputs = {}
    for one in records["input"]:
        inputs[one["formula"], place_of(one["at"], one.get("row"), one.get("key"))] = read(one["says"])
    directories = {row["partner"]: dict(row["says"]) for row in records["directory"]}
    kinds = {kind["kind"]: kind for kind in records["kind"]}
    partner = records["bundle"][0]["partner"]
    return Meaning(tree, partner, facts_of(records, tree), kinds, directories, rates, inputs)


def same(says, value):
    """Whether a written answer is this one; of no answer its kind counts."""
    there = read(says)
    if isinstance(there, Nothing) or isinstance(value, Nothing):
        return isinstance(there, Nothing) and isinstance(value, Nothing) and there.kind == value.kind
    is_text = isinstance(there, str) and isinstance(value, str)
    return there == value and (is_text or type(there) is type(value))


def asked(asks):
    (sort, of), = asks.items()
    if sort == "band":
        return "band", of["table"], tuple(of["bands"])
    if sort == "changed":
        return "changed", *of
    return sort, of


def shown(value):
    if isinstance(value, Nothing):
        return value.kind
    return text_of(value) if isinstance(value, Day) else str(value)


def recomputed(records):
    """Every step, fact in a sum and line, held to what the tree comes to over the facts."""
    head, found = records["bundle"][0], []
    meaning = meaning_of(records)
    lines = meaning.settle(day_of(head["until"]))
    if set(meaning.inputs) != meaning.asked:
        found.append("the inputs: some are asked for by nothing")
    places = records["place"]
    for n, node in enumerate(records["node"]):
        what, name = asked(node["asks"]), f"step {n} ({' '.join(str(word) for word in asked(node['asks']))})"
        if node["n"] != n or any(step >= n for step in node.get("from", [])):
            found.append(f"{name}: it is out of order")
        at = place_of(places[node["at"]], node.get("row"), node.get("key"))
        values = meaning.seen.get((what, at), [])
        if not values:
            found.append(f"{name}: the plan does not come to it")
        elif not any(same(node["is"], value) for value in values):
            found.append(f"{name}: the plan comes to {shown(values[0])}")
        for row, says, _ in node.get("rows", []):
            added = meaning.counted.get(tuple(row), [])
            if not any(same(says, value) for value in added):
                found.append(f"{name}, fact {row[0]}: the plan does not come to what it adds")
    if len(lines) != len(records["line"]):
        found.append(f"the lines: the plan comes to {len(lines)}")
    first = day_of(head["from"]) if head["from"] else None
    for line, should in zip(records["line"], lines):
        sort, earner = should["earner"]
        settlement = should["settlement"]
        told = (line["component"], line["settled_on"], line["in_statement"])
        comes = (earner if sort == "component" else earner + ".top_up", text_of(settlement.ends - 1),
                 first is None or first < settlement.ends)
        if told != comes:
            found.append(f"line {told[0]} of {told[1]}: the plan comes to {comes[0]} of {comes[1]}")
        for key in ("to_date", "before", "posted"):
            if not same(line[key], should[key]):
                found.append(f"line {told[0]} of {told[1]}: {key} is {shown(should[key])}")
    return found


def postings(records):
    """They come to zero in each batch, and to what closed lines post."""
    head, sums, expense, found = records["bundle"][0], {}, {}, []
    for one in records["posting"]:
        batch = one["batch"], one["currency"]
        sums[batch] = sums.get(batch, 0) + one["units"]
        if one["account"] == "expense" and (head["locked"] is None or one["falls_on"] <= head["locked"]):
            key = one["plan"], one["component"], one["settled_on"]
            expense[key] = expense.get(key, 0) + one["units"]
    found += [f"the postings of batch {batch}: {units} are left" for (batch, _), units in sums.items() if units]
    if head["locked"] is not None:
        stated = {}
        for line in records["line"]:
            if line["in_statement"] and line["grants"] == "money" and "number" in line["posted"]:
                key = line["plan"], line["component"], line["settled_on"]
                stated[key] = stated.get(key, 0) + Fraction(line["posted"]["number"])
        places = {"JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3}.get(head["currency"], 2)
        for key, amount in stated.items():
            if Fraction(expense.get(key, 0), 10**places) != amount:
                found.append(f"the postings of {key[1]} settled on {key[2]}: they do not come to {amount}")
    return found


def verify(data, key_text):
    """Everything by which a bundle does not hold."""
    try:
        key = Key(key_text)
        records, signed, count = lines_of(data)
        acts = acts_of(records, signed, count, key)
        key_signed(acts, sealed(records, acts), key)
        closed(records, acts)
        return recomputed(records) + postings(records)
    except Wrong as wrong:
        return [str(wrong)]
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, StopIteration, ZeroDivisionError, UnicodeError) as error:
        return [f"it cannot be read: {error!r}"]


def main(arguments):
    if len(arguments) < 3 or arguments[-2] != "--key":
        print(__doc__, file=sys.stderr)
        return 2
    worst = 0
    for path in arguments[:-2]:
        with open(path, "rb") as file:
            data = file.read()
        try:
            found = verify(data, arguments[-1])
        except Beyond as beyond:
            print(f"{path}: not understood: {beyond}")
            worst = max(worst, 2)
            continue
        for line in found[:FINDINGS_MAX]:
            print(f"{path}: {line}")
        if not found:
            print(f"{path}: it holds")
        worst = max(worst, 1 if found else 0)
    return worst


if __name__ == "__main__":
    # Names build on one another deep down; a thread of its own has room for that.
    sys.setrecursionlimit(100_000)
    threading.stack_size(512 * 1024 * 1024)
    ended = []
    worker = threading.Thread(target=lambda: ended.append(main(sys.argv[1:])))
    worker.start()
    worker.join()
    sys.exit(ended[0] if ended else 3)
