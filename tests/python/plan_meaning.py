"""What a plan means, a second time: from its typed tree, in exact fractions, by another reading of the plan language's pages.

Everything is asked somewhere: a place has a window, perhaps a credited fact and a key. Plans of one version are understood; the
versions of an agreement are not.
"""
from fractions import Fraction

from plan_calendar import LAST_DAY, LONGER, Calendar, Window, add, add_months, cut, day_of
from plan_calls import CALLS, ELSEWHERE
from plan_values import (
    MISSING, UNDEFINED, Beyond, Day, Length, Nothing, Partner, Place, arithmetic, both, compared, distinct, is_none, is_number, key_text,
    least_of, less, minus, more, most_of, number, opposite, plus, read, rounded, shared, times, truth, typed,
)


class Meaning:
    """A plan, a partner with its agreement, its facts, and what is told of others."""

    def __init__(self, tree, partner, facts, kinds, directories, rates, inputs):
        head = tree["plan"]
        if head["versions"]:
            raise Beyond("an agreement of several versions")
        self.tree, self.partner, self.rates, self.inputs = tree, Partner(partner), rates, inputs
        self.calendar = Calendar(head["calendar"])
        self.period = head["period"]
        self.reach_back = head["reach_back"]
        agreement = tree["agreement"]
        self.starts = day_of(agreement["starts"])
        self.until = day_of(agreement["until"]) if agreement["until"] else LAST_DAY
        self.agreed = {name: read(says) for name, says in agreement["terms"]}
        self.stated = {(name, day_of(day)): read(says) for name, day, says in agreement["periods"]}
        self.approved = {name: spans for name, spans in agreement["approved"]}
        self.directories = directories
        self.types = dict(tree["directory"])
        self.kinds = kinds
        self.facts = facts
        self.credits = {}
        for fact in facts:
            for line, level in fact["credits"]:
                role = self.role(fact["kind"], tree["kind " + fact["kind"]]["credited"][line]["role"])
                self.credits.setdefault((fact["kind"], role), []).append((fact["n"], role, line, level))
        self.has_history = any(kind["has_versions"] for kind in kinds.values())
        self.triggers = [part for part in tree if part.split(" ")[0] in ("contingency", "guardrail")]
        self.changes = {}
        for trigger in self.triggers:
            for change in tree[trigger]["changes"]:
                self.changes.setdefault(change["target"], []).append((trigger, change))
        self.memory, self.seen, self.counted, self.asked = {}, {}, {}, set()

    def role(self, kind, name):
        credited = self.tree["kind " + kind]["credited"]
        return next((at for at, line in enumerate(credited) if line["role"] == name), None)

    def cell(self, fact, column):
        return self.facts[fact]["values"].get(column, UNDEFINED)

    def note(self, what, at, value):
        self.seen.setdefault((what, at), []).append(value)
        return value

    # Windows

    def windows(self, unit, start, end):
        start, end = max(start, self.starts), min(end, self.until)
        if start >= end:
            return []
        if unit == "agreement":
            return [self.agreement(end)]
        return [part for window in self.calendar.windows_in(unit, start, end) if (part := cut(window, start, end))]

    def agreement(self, end):
        end = min(end, self.until)
        return Window("agreement", self.starts, end, self.starts, self.until) if self.starts < end else None

    def settlements(self, every, until):
        return [
            window for window in self.windows(every, self.starts, until)
            if window.ends == window.full_ends or window.ends == self.until
        ]

    # Names

    def named(self, sort, name, at):
        part = self.tree[f"{sort} {name}"]
        on_row = at.row is not None and (
            (sort == "value" and isinstance(part["on"], dict))
            or (sort == "component" and part["each"] and part["each"]["kind"] == self.facts[at.row[0]]["kind"])
        )
        keyed = sort == "value" and part["each"] is not None
        at = self.stripped(at, on_row, keyed)
        key = (sort, name, at)
        if key not in self.memory:
            how = {"term": self.term, "measure": self.measure, "value": self.value, "component": self.component,
                   "limit": self.limit_total}[sort]
            self.memory[key] = how(name, at)
            self.note((sort, name), at, self.memory[key])
        return self.memory[key]

    def stripped(self, at, on_row, keyed):
        judged = at.judged_until if self.changes and at.judged_until and at.judged_until < at.window.ends else None
        return at._replace(
            row=at.row if on_row else None, key=at.key if keyed else None,
            known_before=at.known_before if self.has_history else None,
            as_agreed=at.as_agreed and bool(self.changes), judged_until=judged,
        )

    def read(self, formula, at):
        """A name that is read and not worked out."""
        sort = formula[1]
        if sort == "column":
            return self.cell(at.row[0], formula[3]) if at.row else UNDEFINED
        if sort == "followed":
            whom = self.cell(at.row[0], formula[3]) if at.row else UNDEFINED
            return self.attribute(whom, formula[4]) if isinstance(whom, Partner) else number(whom)
        if sort == "attribute":
            return self.attribute(self.partner, formula[2])
        if sort == "partner":
            return self.partner
        if sort == "credit_level":
            return Fraction(at.row[3]) if at.row else UNDEFINED
        if sort == "key":
            return at.key if at.key is not None else UNDEFINED
        window = at.window
        return {
            "starts": lambda: Day(window.starts),
            "ends": lambda: Day(window.ends),
            "last": lambda: Day(window.ends - 1),
            "days": lambda: Fraction(window.ends - window.starts),
            "full_days": lambda: Fraction(window.full_ends - window.full_starts),
            "final": lambda: window.ends in (window.full_ends, self.until),
        }[formula[2]]()

    def attribute(self, whom, name):
        says = self.directories.get(whom)
        if says is None:
            return MISSING
        if says.get(name) is not None:
            return typed(says[name], self.types[name])
        if whom == self.partner and name == "starts":
            return Day(self.starts)
        if whom == self.partner and name == "ends" and self.until < LAST_DAY:
            return Day(self.until)
        return MISSING

    def formula(self, target, formula, at):
        """A formula, or what a contingency or guardrail that is on puts in its place."""
        return self.changed(target, at, lambda at: self.ask(formula, at))

    def changed(self, target, at, asked):
        if at.as_agreed or target not in self.changes:
            return asked(at)
        on = [(trigger, change, holds) for trigger, change in self.changes[target]
              if (holds := self.is_on(trigger, at)) is not False]
        if not on:
            return asked(at)
        value = self.note(("was", target), at, asked(at))
        for trigger, change, holds in on:
            if isinstance(holds, Nothing):
                value = holds
                continue
            value = self.note(("changed", trigger, change["to"][0]), at, self.change(trigger, change, value, at, asked))
        return value

    def change(self, trigger, change, was, at, asked):
        bands = {"was": was, "agreed": asked(at._replace(as_agreed=True))}
        value = self.ask(change["to"], at, bands)
        for bound, kept in (("lowest", most_of), ("highest", least_of)):
            if change[bound] is not None:
                value = kept(value, self.ask(change[bound], at, bands))
        if trigger.startswith("guardrail"):
            is_flag = isinstance(value, bool) and isinstance(was, bool)
            value = both(value, was) if is_flag else least_of(value, was)
        return value

    def period_of(self, at):
        ends = min(at.window.ends, at.judged_until) if at.judged_until else at.window.ends
        if ends <= at.window.starts or ends <= self.starts or self.until < ends:
            return None
        if self.period == "agreement":
            return self.agreement(ends)
        window = self.calendar.window_at(self.period, ends - 1)
        return window and cut(window, self.starts, ends)

    def is_on(self, trigger, at):
        window = self.period_of(at)
        if window is None:
            return False
        at = self.stripped(at._replace(window=window, trailing=None, as_agreed=True, judged_until=None), False, False)
        key = ("trigger", trigger, at)
        if key not in self.memory:
            self.memory[key] = self.judged(trigger, at)
            self.note(("trigger", trigger), at, self.memory[key])
        return self.memory[key]

    def judged(self, trigger, at):
        says, starts = self.tree[trigger], at.window.starts
        if says["approved_by"]:
            spans = self.approved.get(trigger.split(" ", 1)[1], [])
            if not any(self.is_approved(says, span, starts) for span in spans):
                return False
            return truth(self.ask(says["when"], at))
        holds = truth(self.ask(says["when"], at))
        if holds is False or not says["lasts"]:
            return holds
        lasted = True
        for window in reversed(self.windows(self.period, self.starts, starts)):
            held = truth(self.ask(says["when"], at._replace(window=window)))
            lasted = both(lasted, held if isinstance(held, bool) else False)
            if lasted is False:
                return holds
            ended = add(window.starts, *says["lasts"])
            if ended is not None and ended <= starts:
                return both(holds, opposite(lasted))
        return holds

    def is_approved(self, says, span, period):
        starts, until = day_of(span[0]), day_of(span[1]) if span[1] else None
        lasted = add(starts, *says["lasts"]) if says["lasts"] else None
        ends = [day for day in (until, lasted) if day is not None]
        return starts <= period and (not ends or period < min(ends))

    def value(self, name, at):
        says = self.tree["value " + name]
        every = says["every"]
        if every is None or (at.window.unit == every and at.trailing is None):
            return self.formula("value " + name, says["formula"], at)
        if at.trailing is None and LONGER[at.window.unit] < LONGER[every]:
            return UNDEFINED
        windows = self.windows(every, at.window.starts, at.window.ends)
        return self.named("value", name, at._replace(window=windows[-1], trailing=None)) if windows else UNDEFINED

    def term(self, name, at):
        target, says = "term " + name, self.tree["term " + name]
        plain = lambda at: self.plain_term(name, says, at)
        if at.as_agreed or target not in self.changes or says["per"] is None:
            return self.changed(target, at, plain)
        window, edges = at.window, {at.window.starts}
        if self.period != "agreement":
            edges |= {period.ends for period in self.calendar.windows_in(self.period, window.starts, window.ends)}
        edges |= {at.judged_until} - {None}
        edges = sorted(edge for edge in edges if window.starts <= edge < window.ends) + [window.ends]
        if len(edges) < 3:
            return self.changed(target, at, plain)
        total = Fraction(0)
        for start, end in zip(edges, edges[1:]):
            total = plus(total, self.changed(target, at._replace(window=cut(window, start, end)), plain))
        return total

    def plain_term(self, name, says, at):
        per = says["per"]
        if per is None:
            return self.agreed_figure(name, says, at)
        whole = self.calendar.window_at(per, at.window.starts) if per != "agreement" else None
        if whole and at.window.ends <= whole.ends:
            wholes = [whole]
        elif per == "agreement":
            wholes = [self.agreement(self.until)] if self.until < LAST_DAY else []
        else:
            wholes = self.calendar.windows_in(per, at.window.starts, at.window.ends)
        if not wholes:
            return UNDEFINED
        total = Fraction(0)
        for whole in wholes:
            part = cut(whole, at.window.starts, at.window.ends)
            if part is None:
                continue
            stated = self.stated.get((name, whole.full_starts))
            figure = stated if stated is not None else self.agreed_figure(name, says, at)
            share = self.spread(says["spread"], whole, part)
            total = plus(total, UNDEFINED if share is None else times(figure, share))
        return total

    def agreed_figure(self, name, says, at):
        figure = self.agreed.get(name)
        if figure is not None:
            return figure
        return self.ask(says["agreed"], at) if says["agreed"] else MISSING

    def spread(self, how, whole, part):
        if isinstance(how, list):
            return self.weighted(how, whole, part)
        if how == "even" and LONGER[whole.unit] >= LONGER["month"]:
            months, all_months = self.months(part.starts, part.ends), self.months(whole.starts, whole.ends)
            return months / all_months if all_months else None
        return Fraction(part.ends - part.starts, whole.ends - whole.starts)

    def months(self, start, end):
        if start >= end:
            return Fraction(0)
        whole = self.calendar.whole_months(start, end)
        if whole is not None:
            return Fraction(whole)
        total = Fraction(0)
        for month in self.calendar.windows_in("month", start, end):
            inside = cut(month, start, end)
            total += Fraction(inside.ends - inside.starts, month.ends - month.starts)
        return total

    def weighted(self, weights, whole, part):
        months = self.calendar.windows_in("month", whole.starts, whole.ends)
        is_whole = months and months[0].starts == whole.starts and months[-1].ends == whole.ends
        if not is_whole or not weights or len(months) % len(weights):
            return None
        weights, size, share = [Fraction(weight) for weight in weights], len(months) // len(weights), Fraction(0)
        for at, weight in enumerate(weights):
            starts, ends = months[at * size].starts, months[at * size + size - 1].ends
            start, end = max(starts, part.starts), min(ends, part.ends)
            if start < end:
                share += weight * self.months(start, end) / self.months(starts, ends)
        return share / sum(weights) if sum(weights) else None

    # Facts

    def is_known(self, fact, before):
        recorded, replaced = self.facts[fact]["recorded"], self.facts[fact]["replaced"]
        if before is None:
            return replaced is None
        return (recorded is None or recorded < before) and (replaced is None or replaced >= before)

    def is_complete(self, kind, start, end):
        spans = self.kinds[kind]["complete"]
        return spans is None or any(day_of(first) <= start and end <= day_of(until) for first, until in spans)

    def credited(self, kind, role, at, column):
        """The credits of a kind in a role whose day in a column lies in the window, as known."""
        found = []
        for credit in self.credits.get((kind, self.role(kind, role)), []):
            day = self.cell(credit[0], column)
            if self.is_known(credit[0], at.known_before) and isinstance(day, Day) and at.window.starts <= day < at.window.ends:
                found.append(credit)
        return found

    def share(self, kind, credit):
        return Fraction(self.tree["kind " + kind]["credited"][credit[2]]["share"])

    def add_row(self, at, value):
        self.counted.setdefault(at.row, []).append(value)

    def measure(self, name, at, key=None):
        says = self.tree["measure " + name]
        kind, fold = says["kind"], says["fold"]
        rows, at = [], at._replace(row=None)
        for credit in self.credited(kind, says["role"], at, says["at"]):
            place = at._replace(row=credit)
            if key is not None and says["by"]:
                by = self.ask(says["by"], place)
                if isinstance(by, Nothing):
                    self.add_row(place, by)
                    continue
                if isinstance(by, (bool, Day)) or key_text(by) != key:
                    continue
            if says["where"]:
                counts = truth(self.ask(says["where"], place))
                if isinstance(counts, Nothing):
                    self.add_row(place, counts)
                    continue
                if not counts:
                    continue
            value = self.ask(says["of"], place) if says["of"] else Fraction(1)
            self.add_row(place, value)
            rows.append((credit, value))
        if not rows:
            total = fold in ("sum", "count", "count_distinct")
            return Fraction(0) if total and self.is_complete(kind, at.window.starts, at.window.ends) else MISSING
        if fold in ("sum", "count"):
            total = Fraction(0)
            for credit, value in rows:
                share = self.share(kind, credit)
                total = plus(total, times(value, share) if fold == "sum" else share)
            return total
        if fold == "count_distinct":
            values = [value for _, value in rows]
            return next((value for value in values if isinstance(value, Nothing)), None) or Fraction(len(set(map(distinct, values))))
        if fold == "latest":
            latest = max(rows, key=lambda row: (self.cell(row[0][0], says["at"]), self.facts[row[0][0]]["id"].encode(), row[0][0]))
            return latest[1]
        best = rows[0][1]
        for _, value in rows[1:]:
            takes = compared("<" if fold == "min" else ">", value, best)
            best = takes if isinstance(takes, Nothing) else value if takes else best
        return best

    # Components

    def component(self, name, at):
        says = self.tree["component " + name]
        each = says["each"]
        if each and at.row and self.facts[at.row[0]]["kind"] == each["kind"]:
            applies = self.applies(name, says, at)
            if applies is not True:
                return applies if isinstance(applies, Nothing) else self.granted(says)
            return self.on_row(name, says, at)
        if at.trailing is None and at.window.unit == says["over"]:
            return self.entitlement(name, says, self.as_closed(says, at)._replace(row=None))
        if at.trailing is None and LONGER[at.window.unit] < LONGER[says["over"]]:
            return UNDEFINED
        windows = self.windows(says["over"], at.window.starts, at.window.ends)
        if not windows:
            return UNDEFINED
        inside = at._replace(trailing=None, row=None)
        if says["grants"] == "flag":
            return self.named("component", name, inside._replace(window=windows[-1]))
        total = Fraction(0)
        for window in windows:
            total = plus(total, self.named("component", name, inside._replace(window=window)))
        return total

    def as_closed(self, says, at):
        """A window that corrections no longer reach is as it was known when it was settled last."""
        if at.known_before is None or not self.reach_back:
            return at
        now, reached = self.last_settled(says["every"], at.known_before), add(at.window.ends, *self.reach_back)
        if now is None or reached is None or reached >= now:
            return at
        last = self.last_settled(says["every"], reached)
        return at if last is None or last <= at.window.starts else at._replace(known_before=last)

    def granted(self, says):
        return False if says["grants"] == "flag" else Fraction(0)

    def applies(self, name, says, at):
        if not says["for"]:
            return True
        return truth(self.formula(f"component {name} for", says["for"], at._replace(row=None)))

    def entitlement(self, name, says, at):
        applies = self.applies(name, says, at)
        if applies is not True:
            return applies if isinstance(applies, Nothing) else self.granted(says)
        part = lambda key: self.formula(f"component {name} {key}", says[key], at)
        gate = truth(part("gate")) if says["gate"] else True
        if gate is not True:
            return gate if isinstance(gate, Nothing) else self.granted(says)
        if says["grants"] == "flag":
            return truth(part("pays"))
        if says["each"]:
            each, amount = says["each"], Fraction(0)
            dated = self.tree["kind " + each["kind"]]["dated"]
            for credit in self.credited(each["kind"], each["role"], at, dated):
                place = at._replace(row=credit)
                value = self.on_row(name, says, place)
                self.add_row(place, value)
                amount = plus(amount, value)
        else:
            amount = number(part("pays"))
        if says["at_least"]:
            amount = more(amount, part("at_least"))
        if says["at_most"]:
            amount = less(amount, part("at_most"))
        return self.money(amount, says)

    def money(self, amount, says):
        rounding = says["rounding"]
        return rounded(amount, Fraction(rounding["to"]), rounding["mode"]) if rounding else amount

    def on_row(self, name, says, at):
        if says["each"]["where"]:
            counts = truth(self.formula(f"component {name} where", says["each"]["where"], at))
            if counts is not True:
                return counts if isinstance(counts, Nothing) else Fraction(0)
        amount = number(self.formula(f"component {name} pays", says["pays"], at))
        return self.money(times(amount, self.share(says["each"]["kind"], at.row)), says)

    # Limits

    def held_by(self, name, depth=0):
        held = []
        for sort, on in self.tree["limit " + name]["on"]:
            if sort == "component":
                held.append(on)
            elif sort == "limit" and depth < 32:
                held += self.held_by(on, depth + 1)
        return list(dict.fromkeys(held))

    def limits(self):
        return [part.split(" ", 1)[1] for part in self.tree if part.startswith("limit ")]

    def is_inside(self, inner, outer, in_turn):
        if inner == outer:
            return False
        a, b = set(self.held_by(inner)), set(self.held_by(outer))
        if in_turn:
            return a <= b and self.from_inside_out(inner) < self.from_inside_out(outer)
        return a <= b and (len(a) < len(b) or inner in self.listed(outer))

    def listed(self, name, depth=0):
        """The limits that a limit lists, and those listed by these."""
        listed = set()
        for sort, on in self.tree["limit " + name]["on"]:
            if sort == "limit" and depth < 32:
                listed |= {on} | self.listed(on, depth + 1)
        return listed

    def from_inside_out(self, name):
        over = LONGER[self.tree["limit " + name]["over"]]
        return len(set(self.held_by(name))), over, len(self.listed(name)), self.limits().index(name)

    def limit_total(self, name, at):
        says = self.tree["limit " + name]
        if at.window.unit == says["over"] and at.trailing is None:
            windows = [at.window]
        elif LONGER[at.window.unit] < LONGER[says["over"]]:
            return UNDEFINED
        else:
            windows = self.windows(says["over"], at.window.starts, at.window.ends)
        total = Fraction(0)
        for window in windows:
            for _, kept in self.kept(name, at._replace(window=window, trailing=None, row=None), False):
                total = plus(total, kept)
        return total

    def kept(self, name, at, in_turn):
        """What each earner keeps under a limit and those inside it."""
        says = self.tree["limit " + name]
        entries, step = self.entries(name, at, in_turn), Fraction(says["to"])
        if says["at_most"]:
            most = rounded(self.formula(f"limit {name} at_most", says["at_most"], at), step, "floor")
            entries = last_first(entries, most) if says["cut"] == "last_first" else pro_rata(entries, most, step)
        if says["at_least"]:
            least = rounded(self.formula(f"limit {name} at_least", says["at_least"], at), step, "ceiling")
            total = Fraction(0)
            for _, amount in entries:
                total = plus(total, amount)
            entries.append((("top_up", name), more(minus(least, total), Fraction(0))))
        return entries

    def entries(self, name, at, in_turn):
        inside_of = [inner for inner in self.limits() if self.is_inside(inner, name, in_turn)]
        direct = [one for one in inside_of if not any(self.is_inside(one, other, in_turn) for other in inside_of)]
        kept = []
        for inner in direct:
            for window in self.windows(self.tree["limit " + inner]["over"], at.window.starts, at.window.ends):
                kept += self.kept(inner, at._replace(window=window, trailing=None, row=None), in_turn)
        entries = []
        for component in self.held_by(name):
            if any(component in self.held_by(inner) for inner in inside_of):
                amount = total_of(kept, ("component", component))
            else:
                amount = self.as_last_settled(component, at)
            entries.append((("component", component), amount))
        order = {name: at for at, name in enumerate(self.limits())}
        for top_up in sorted({earner for earner, _ in kept if earner[0] == "top_up"}, key=lambda one: order[one[1]]):
            entries.append((top_up, total_of(kept, top_up)))
        return entries

    def as_last_settled(self, component, at):
        says = self.tree["component " + component]
        if LONGER[says["over"]] > LONGER[at.window.unit]:
            return UNDEFINED
        last = self.last_settled(says["every"], at.window.ends)
        if last is None or last <= at.window.starts:
            return Fraction(0)
        known = at.known_before
        if known is not None:
            known = self.last_settled(says["every"], known) or known
        total = Fraction(0)
        for window in self.windows(says["over"], at.window.starts, last):
            place = at._replace(window=window, trailing=None, row=None, known_before=known)
            total = plus(total, self.named("component", component, place))
        return total

    def last_settled(self, every, until):
        settlements = self.settlements(every, until)
        return settlements[-1].ends if settlements else None

    # Settlement

    def settle(self, until):
        lines, held = [], set()
        limits = self.limits()
        outermost = [one for one in limits if not any(self.is_inside(one, other, True) for other in limits)]
        for limit in limits:
            held |= set(self.held_by(limit))
        components = [part.split(" ", 1)[1] for part in self.tree if part.startswith("component ")]
        for order, name in enumerate(components):
            says = self.tree["component " + name]
            if says["grants"] != "flag" and name not in held:
                self.settle_alone(order, name, says, until, lines)
        for limit in outermost:
            self.settle_limit(limit, components, until, lines)
        return sorted(lines, key=lambda line: (line["settlement"].ends, line["order"]))

    def place(self, window, settlement):
        known = settlement.ends if self.has_history else None
        return Place(window, None, None, None, known, False, None)

    def is_closed(self, window, settlement):
        reached = add(window.ends, *self.reach_back) if self.reach_back else None
        return reached is not None and reached < settlement.ends

    def settle_alone(self, order, name, says, until, lines):
        posted = {}
        for settlement in self.settlements(says["every"], until):
            windows = self.windows(says["over"], self.starts, settlement.ends)
            if not windows:
                continue
            targets, has_it = [], False
            for window in windows:
                at = self.place(window, settlement)
                targets.append((window, number(self.named("component", name, at))))
                has_it |= self.applies(name, says, at) is not False
            line = self.line((0, order), ("component", name), settlement, targets, posted)
            is_over = windows[-1].ends <= settlement.starts
            if (has_it and not is_over) or line["posted"] != 0:
                lines.append(line)

    def line(self, order, earner, settlement, targets, posted):
        to_date, before, now = Fraction(0), Fraction(0), Fraction(0)
        for window, entitled in targets:
            so_far = posted.get(window.starts, Fraction(0))
            if self.is_closed(window, settlement):
                entitled = so_far
            to_date, before = plus(to_date, entitled), before + so_far
            if is_number(entitled):
                now += entitled - so_far
                posted[window.starts] = entitled
        return {"order": order, "earner": earner, "settlement": settlement, "to_date": to_date, "before": before, "posted": now}

    def settle_limit(self, limit, components, until, lines):
        held = self.held_by(limit)
        if not held:
            return
        every = min((self.tree["component " + name]["every"] for name in held), key=LONGER.get)
        ledgers = {}
        for settlement in self.settlements(every, until):
            windows = self.windows(self.tree["limit " + limit]["over"], self.starts, settlement.ends)
            targets = {}
            for window in windows:
                for earner, entitled in self.kept(limit, self.place(window, settlement), True):
                    targets.setdefault(earner, []).append((window, entitled))
            is_over = not windows or windows[-1].ends <= settlement.starts
            for earner, own in targets.items():
                order = (0, components.index(earner[1])) if earner[0] == "component" else (1, self.limits().index(earner[1]))
                line = self.line(order, earner, settlement, own, ledgers.setdefault(earner, {}))
                if (self.is_due(earner, settlement, every, windows) and not is_over) or line["posted"] != 0:
                    lines.append(line)

    def is_due(self, earner, settlement, every, windows):
        if earner[0] == "top_up":
            return False
        says = self.tree["component " + earner[1]]
        own = self.windows(says["over"], self.starts, settlement.ends)
        at = self.place(own[-1] if own else settlement, settlement)
        settles = says["every"] == every or self.last_settled(says["every"], settlement.ends) == settlement.ends
        return settles and self.applies(earner[1], says, at) is not False

    # Formulas

    def ask(self, formula, at, bands=None):
        sort = formula[1]
        if sort in LITERALS:
            return LITERALS[sort](formula)
        if bands is not None and sort in BAND_NAMES and (known := in_band(formula, bands)) is not None:
            return known
        if sort in NAMED:
            return self.named(sort, formula[2], at)
        if sort in READ:
            return self.read(formula, at)
        if sort in BAND_NAMES:
            return UNDEFINED
        return self.note(("formula", formula[0]), at, self.compound(formula, at, bands))

    def compound(self, formula, at, bands):
        sort, parts = formula[1], formula[2:]
        ask = lambda part: self.ask(part, at, bands)
        if sort in ("+", "-", "*", "/"):
            return arithmetic(sort, ask(parts[0]), ask(parts[1]))
        if sort == "negated":
            return minus(Fraction(0), ask(parts[0]))
        if sort in ("=", "<>", "<", "<=", ">", ">="):
            return compared(sort, ask(parts[0]), ask(parts[1]))
        if sort == "between":
            x, low, high = (ask(part) for part in parts)
            return both(compared(">=", x, low), compared("<=", x, high))
        if sort == "in":
            x, found = ask(parts[0]), False
            for part in parts[1:]:
                found = opposite(both(opposite(found), opposite(compared("=", x, ask(part)))))
            return found
        if sort in ("is_missing", "is_undefined"):
            value = ask(parts[0])
            return isinstance(value, Nothing) and value.kind == sort[3:]
        if sort == "not":
            return opposite(truth(ask(parts[0])))
        if sort == "and":
            holds = True
            for part in parts:
                holds = both(holds, truth(ask(part)))
                if holds is False:
                    break
            return holds
        if sort == "or":
            holds = False
            for part in parts:
                holds = opposite(both(opposite(holds), opposite(truth(ask(part)))))
                if holds is True:
                    break
            return holds
        if sort == "case":
            for test, then in zip(parts[:-1:2], parts[1:-1:2]):
                holds = truth(ask(test))
                if isinstance(holds, Nothing):
                    return holds
                if holds:
                    return ask(then)
            return ask(parts[-1])
        return CALLS[sort](self, formula, at, bands)

    def told(self, formula, at):
        """What the bundle says of a question about other partners."""
        row = at.row if formula[1] == "of" else None
        key = (formula[0], at._replace(row=row))
        self.asked.add(key)
        if key not in self.inputs:
            raise Beyond(f"what formula {formula[0]} asks of others is not in the bundle")
        return self.inputs[key]

    def elsewhere(self, formula, at, key=None):
        sort, x, window = formula[1], formula[2], at.window
        if sort == "previous":
            return self.previous(formula, at, key)
        if sort == "previous_year":
            place = self.year_earlier(at)
            return self.at_key(x, place, key) if place else UNDEFINED
        if sort == "year_to_date":
            year = self.calendar.window_at("year", window.ends - 1)
            if year is None:
                return UNDEFINED
            starts = max(year.starts, self.starts) if self.starts < window.ends else year.starts
            return self.at_key(x, at._replace(window=year._replace(starts=starts, ends=window.ends), trailing=None), key)
        if sort == "since_start":
            whole = self.agreement(window.ends)
            return self.at_key(x, at._replace(window=whole, trailing=None), key) if whole else UNDEFINED
        if sort == "trailing":
            months, days = formula[3:]
            starts = add(window.ends, -months, -days)
            if starts is None:
                return UNDEFINED
            longer = window._replace(starts=starts, full_starts=starts, full_ends=window.ends)
            return self.at_key(x, at._replace(window=longer, trailing=(months, days)), key)
        if sort == "full":
            starts = min(max(window.full_starts, self.starts), window.starts)
            ends = max(min(window.full_ends, self.until), window.ends)
            judged = at.judged_until or window.ends
            return self.at_key(x, at._replace(window=window._replace(starts=starts, ends=ends), judged_until=judged), key)
        return self.at_key(x, at, key)

    def previous(self, formula, at, key):
        x, count, first = formula[2:5]
        if at.trailing:
            window, (months, days) = at.window, at.trailing
            for _ in range(count):
                starts = add(window.starts, -months, -days)
                if starts is None:
                    return UNDEFINED
                window = window._replace(starts=starts, ends=window.starts, full_starts=starts, full_ends=window.starts)
        else:
            window = self.calendar.shift(at.window, -count)
            if window is None and not (first and at.window.unit == "agreement"):
                return UNDEFINED
        if first is None:
            return self.at_key(x, at._replace(window=window), key)
        inside = window and cut(window, self.starts, self.until)
        if inside is None or at.window.unit == "agreement":
            return self.ask(first, at)
        return self.at_key(x, at._replace(window=inside), key)

    def year_earlier(self, at):
        window = at.window
        if at.trailing or window.unit == "agreement":
            moved = [add_months(day, -12) for day in window[1:]]
            if None in moved:
                return None
            if not at.trailing:
                moved[2:] = moved[:2]
            return at._replace(window=Window(window.unit, *moved))
        earlier = self.calendar.year_earlier(window)
        return at._replace(window=earlier) if earlier else None

    def at_key(self, x, at, key):
        """A formula at a place; a measure or value with keys keeps its key on the way."""
        if key is None:
            return self.ask(x, at)
        if x[1] == "measure":
            return self.measure(x[2], at, key)
        if x[1] == "value":
            says = self.tree["value " + x[2]]
            if not says["each"]:
                return self.named("value", x[2], at)
            columns = dict(self.tree["kind " + says["each"]["kind"]]["columns"])
            cell = Partner(key) if columns[says["each"]["column"]] == "partner" else key
            return self.named("value", x[2], at._replace(key=cell, row=None))
        if x[1] in ELSEWHERE:
            return self.elsewhere(x, at, key)
        return self.ask(x, at)

    def keys_of(self, formula, at):
        if formula[1] in ELSEWHERE:
            return self.keys_of(formula[2], at)
        if formula[1] == "measure":
            return self.tree["measure " + formula[2]]["keys"]
        each = self.tree["value " + formula[2]]["each"]
        if not each:
            return []
        kind, found = each["kind"], set()
        dated = self.tree["kind " + kind]["dated"]
        since = at._replace(window=at.window._replace(starts=self.starts, ends=max(at.window.ends, self.starts)))
        for credit in self.credited(kind, each["role"], since, dated):
            key = self.cell(credit[0], each["column"])
            if isinstance(key, str):
                found.add(str(key))
        if not found and not self.is_complete(kind, self.starts, at.window.ends):
            return MISSING
        return sorted(found, key=str.encode)


NAMED = ("term", "measure", "value", "component", "limit")
READ = ("column", "followed", "attribute", "partner", "window", "credit_level", "key")
BAND_NAMES = ("argument", "band_column", "lower", "upper", "width", "filled", "slice", "was", "agreed")
LITERALS = {
    "number": lambda formula: Fraction(formula[2]),
    "text": lambda formula: formula[2],
    "date": lambda formula: Day(day_of(formula[2])),
    "duration": lambda formula: Length(formula[2], formula[3]),
    "flag": lambda formula: formula[2],
    "missing": lambda formula: MISSING,
}


def in_band(formula, bands):
    sort = formula[1]
    if sort in ("argument", "band_column"):
        known = bands.get(sort, [])
        return known[formula[2]] if formula[2] < len(known) else None
    return bands[sort]() if callable(bands.get(sort)) else bands.get(sort)


def total_of(amounts, of):
    total = Fraction(0)
    for earner, amount in amounts:
        if earner == of:
            total = plus(total, amount)
    return total


def last_first(entries, most):
    total = Fraction(0)
    for _, amount in entries:
        total = plus(total, amount)
    excess, room, by_room = more(minus(total, most), Fraction(0)), most, []
    for _, amount in entries:
        by_room.append(less(amount, more(room, Fraction(0))))
        room = minus(room, by_room[-1])
    kept = []
    for (earner, amount), instead in reversed(list(zip(entries, by_room))):
        taken = less(excess, more(amount, Fraction(0)))
        excess = minus(excess, taken)
        left = minus(amount, taken)
        kept.append((earner, instead if isinstance(left, Nothing) else left))
    return kept[::-1]


def pro_rata(entries, most, step):
    none = is_none(*(amount for _, amount in entries), most)
    if none:
        return [(earner, none) for earner, _ in entries]
    if sum(amount for _, amount in entries) <= most:
        return entries
    room = most - sum(amount for _, amount in entries if amount < 0)
    parts = shared(room, [max(amount, Fraction(0)) for _, amount in entries], step, "largest")
    if isinstance(parts, Nothing):
        return [(earner, parts) for earner, _ in entries]
    return [(earner, amount if amount < 0 else part) for (earner, amount), part in zip(entries, parts)]
