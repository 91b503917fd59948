#!/usr/bin/env python3
"""Compares `suyuan credit evaluate` with the reference implementation of the credit model, on random cases.

    compare.py REFERENCE SUYUAN [--cases N] [--seed S] [--vectors FILE]

REFERENCE is `credit_v1.py`, SUYUAN the program. Each case is one file and one call. With --vectors the cases are written
to FILE with what the reference says of them, and the program is not called. Exit code 1 at the first difference, which is
printed with its case."""
import argparse, importlib.util, json, pathlib, random, subprocess, sys, tempfile

INDICATORS = ["FUL", "ONT", "QUA", "TRC", "TRT", "INS", "RCL", "CMT", "PAY"]
COUNTERPARTIES = ["a", "b", "c", "d", "e", "f", "工厂", "z" * 40]


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def fact(rnd, number, day, style):
    """A fact, with what lies at the edges of rules more often than chance would have it."""
    age = rnd.choice([rnd.randrange(0, 1300), rnd.randrange(0, 400), rnd.choice([-1, 0, 90, 91, 92, 181, 182, 1094, 1095, 1096])])
    made = {
        "id": rnd.choice([f"F{number}", f"F{number:06}", f"事实{number}"]),
        "ind": rnd.choice(style["indicators"]),
        "day": day - age,
        "v": rnd.choice(style["values"]) if rnd.random() < 0.9 else rnd.randrange(1001),
        "m": rnd.choice([500, 1000, 2000, 3000, 4000]) if rnd.random() < 0.8 else rnd.choice([0, 1, 9, rnd.randrange(10**6)]),
        "src": rnd.choice(style["sources"]),
        "cp": rnd.choice(style["counterparties"]),
    }
    if rnd.random() < 0.3:
        made["ring"] = rnd.randrange(3)
    if rnd.random() < 0.2:
        made["status"] = rnd.choice(["active", "suspended", "repaired", "superseded", "expired"])
    return made


def case(rnd, reference, most):
    day = rnd.choice([20778, 0, 25000, rnd.randrange(18000, 24000)])
    style = {
        "indicators": rnd.choice([INDICATORS, ["FUL", "ONT"], [rnd.choice(INDICATORS)]]),
        "sources": rnd.choice([["S1", "S2", "S3", "S4"], ["S2"], ["S2", "S3"]]),
        "values": rnd.choice([[0, 1, 200, 450, 499, 500, 501, 650, 699, 700, 701, 900, 999, 1000], [950, 990, 1000], [300, 500, 600, 900]]),
        "counterparties": rnd.choice([COUNTERPARTIES, COUNTERPARTIES, COUNTERPARTIES[:2], COUNTERPARTIES[:1], [None]]),
    }
    count = rnd.choice([0, 1, rnd.randrange(12), rnd.randrange(60), rnd.randrange(60), rnd.randrange(most)])
    status = {}
    if rnd.random() < 0.6:
        status["penalties"] = [
            {"class": rnd.choice(["minor", "general", "serious"]), "state": rnd.choice(["published", "published", "repaired", "expired", "objection"])}
            for _ in range(rnd.randrange(5))
        ]
    if rnd.random() < 0.6:
        required = rnd.randrange(1, 9)
        status["licences"] = [required, rnd.randrange(required + 1)]
    if rnd.random() < 0.5:
        status["aeo"] = rnd.choice([None, "advanced", "certified", "regular", "dishonest", "seriously_dishonest"])
    if rnd.random() < 0.5:
        fleet = rnd.randrange(10)
        status["equipment"] = [fleet, rnd.randrange(fleet + 1)]
    if rnd.random() < 0.7:
        status["pub"] = rnd.choice([None, 0, 1000, rnd.randrange(1001)])
    if rnd.random() < 0.2:
        status["caps"] = [
            {"code": f"CAP-{rnd.randrange(1, 8)}", "ceiling": rnd.choice("ABCDE"), "evidence": rnd.choice(["2026-17", ["ab", "cd"]])}
            for _ in range(rnd.randrange(3))
        ]
    return {
        "profile": rnd.choice(list(reference.W)),
        "day": day,
        "facts": [fact(rnd, number, day, style) for number in range(count)],
        "status": status,
    }


def worked_example(reference):
    """The cases of the specification's worked example (§5.12), as they are evaluated there."""
    cases, evaluate = [], reference.evaluate

    def noted(profile, facts, status, day, explain=True):
        if explain:
            made = {"profile": profile, "day": day, "facts": facts, "status": status}
            cases.append(json.loads(json.dumps(made)))
        return evaluate(profile, facts, status, day, explain)

    reference.evaluate = noted
    reference.run_example()
    reference.evaluate = evaluate
    return cases


def expected(reference, made):
    # Through JSON and back, so that tuples and lists are alike.
    return json.loads(json.dumps(reference.evaluate(made["profile"], made["facts"], made["status"], made["day"])))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("reference")
    arguments.add_argument("suyuan")
    arguments.add_argument("--cases", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--vectors")
    options = arguments.parse_args()
    reference, rnd = load(options.reference), random.Random(options.seed)
    if options.vectors:
        made = worked_example(reference) + [case(rnd, reference, 60) for _ in range(options.cases)]
        lines = [json.dumps({"case": one, "expected": expected(reference, one)}, ensure_ascii=False, separators=(",", ":")) for one in made]
        text = '{"parameters":"%s","vectors":[\n%s\n]}\n' % (reference.params_hash(), ",\n".join(lines))
        pathlib.Path(options.vectors).write_text(text)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "case.json"
        facts = 0
        for number in range(options.cases):
            made = case(rnd, reference, 400)
            facts += len(made["facts"])
            path.write_text(json.dumps(made, ensure_ascii=False))
            told = subprocess.run([options.suyuan, "credit", "evaluate", str(path), "--json"], capture_output=True, text=True)
            wanted = expected(reference, made)
            if told.returncode != 0 or json.loads(told.stdout) != wanted:
                print(f"case {number} of seed {options.seed} differs")
                print(json.dumps(made, ensure_ascii=False), json.dumps(wanted), told.stdout, told.stderr, sep="\n")
                return 1
    print(f"{options.cases} cases with {facts} facts: all as the reference has them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
