#!/usr/bin/env python3
"""merge_vectors.json from the protocol's model.  usage: make_merge_vectors.py DIRECTORY > merge_vectors.json

DIRECTORY holds items_sim.py, the model of the protocol in Python.  Its F is asked for several
hundred triples (base, master's, slave's); both are written down in handsel's JSON.
"""
import datetime, json, random, sys

sys.path.insert(0, sys.argv[1])
from items_sim import F, LIFE, PARENT, UNSH  # noqa: E402

EPOCH = datetime.datetime(2026, 1, 1)
FIELDS = {'a': 'latest', 'b': 'first', 'c': 'master', 'd': 'slave', 'e': 'merge', 'h': 'hold'}
ITEM, OTHER, THIRD, THING = (('0' * 25 + x) for x in '1234')


def contract():
    fields = {f: {'type': 'multi' if p == 'merge' else 'text', 'policy': p} for f, p in FIELDS.items()}
    allowed = {x: True for x in ('parent', 'relations', 'comments', 'files', 'rows')}
    return {'version': 1, 'merge': 1, 'tolerance': 3, 'kinds': {'issue': dict(fields=fields, **allowed)}}


def stamp(n):
    return (EPOCH + datetime.timedelta(seconds=n)).strftime('%Y-%m-%dT%H:%M:%SZ')


def plain(x):
    """the value of a triple (value, time, author), or of a bare value from the list of losers"""
    if isinstance(x, frozenset):
        return [str(e) for e in sorted(x)] or None
    return x if x is None or isinstance(x, (bool, str)) else 'v%d' % x


def encode(reg, x):
    """a row value of the model as one of handsel"""
    if x is None:
        return None
    if x == UNSH:
        return {'u': True}
    if x[0] == '!!':
        return {'c': [encode(reg, y) for y in x[1:]]}
    if x[0] == 'T':
        at = {f: stamp(y[1]) for f, y in x[1]}
        return {'v': dict({'kind': 'comment'}, **{f: plain(y[0]) for f, y in x[1]}), 'at': at}
    if reg == LIFE:
        return {'v': x[0]}
    return {'v': plain(x[0]), 'at': stamp(x[1])}


def name(reg):
    return {'life': ITEM and 'life', 'p': 'parent', 't': '@' + THING,
            'r': ':'.join(('blocks', ITEM, OTHER)), 'f': reg[-1]}[reg[0]]


def value(r, reg):
    """some value REG may have in a row"""
    at = r.randrange(12)
    if reg == LIFE:
        live = 'live#%d,%d' % (r.randrange(4), r.randrange(4))
        return (r.choice([live, live, 'gone', 'unshared']), 0, 'm')
    if reg[0] == 'r':
        return r.choice([None, (True, at, 'm')])
    if reg == PARENT:
        return r.choice([None, (None, at, 'm'), (OTHER, at, 'm'), (THIRD, at, 'm')])
    if reg[0] == 't':
        kind = r.random()
        if kind < 0.35:
            return UNSH if kind < 0.12 else None
        fields = [('by', 'text'), ('text',)][r.random() < 0.2]
        return ('T', tuple((f, (r.randrange(1, 5), r.randrange(12), 'm')) for f in fields))
    if r.random() < 0.12:
        return None
    if reg[1] == 'e':
        return (frozenset(r.sample(range(6), r.randrange(5))), at, 'm')
    one = lambda: (r.choice([None, 1, 2, 3, 4]), r.randrange(12), 'm')
    if reg[1] == 'h' and r.random() < 0.25:
        m, s = one(), one()
        return ('!!', m, s) if m[0] != s[0] else m
    return (one()[0], at, 'm')


def vector(r, reg):
    b, m, s = (value(r, reg) for _ in range(3))
    if r.random() < 0.1:
        m = b
    if r.random() < 0.1:
        s = b
    lost = []
    out = F(reg, b, m, s, lost)
    if out is not None and out[0] == '!!' or reg[0] == 'f' and reg[1] == 'h':
        lost = []  # an open conflict names both candidates in one entry of ours
    losers = sorted({json.dumps(plain(x)) for _, x in lost})
    return {'reg': name(reg), 'base': encode(reg, b), 'master': encode(reg, m),
            'slave': encode(reg, s), 'result': encode(reg, out), 'losers': [json.loads(x) for x in losers]}


def main():
    r = random.Random(20260101)
    regs = [('f', f) for f in FIELDS] + [LIFE, PARENT, ('r', 'blocks', 1, 2), ('t', 1)]
    vectors, seen = [], set()
    for reg in regs:
        for _ in range(20 if reg[0] == 'r' else 70):
            v = vector(r, reg)
            key = json.dumps(v, sort_keys=True)
            if key not in seen:
                seen.add(key)
                vectors.append(v)
    print('{"contract":%s,"vectors":[' % json.dumps(contract(), sort_keys=True, separators=(',', ':')))
    print(',\n'.join(json.dumps(v, sort_keys=True, separators=(',', ':')) for v in vectors))
    print(']}')


main()
