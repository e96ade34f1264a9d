"""Transforms: the connector runs Debezium's own, the plugin has options in their place.

A case sets them as a connector's configuration has them:

  -- set transforms=unwrap
  -- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
  -- set transforms.unwrap.add.fields=op,lsn

Each transform's properties become the plugin's options; the transform's records are what the plugin must write.
"""
import re

UNWRAP = "io.debezium.transforms.ExtractNewRecordState"
ROUTER = "io.debezium.transforms.outbox.EventRouter"

# what an added field or header may hold that no two runs have in common
RUN = [(re.compile(r'("(?:__|x_)(?:\w+_)?(?:lsn|txId)":"?)\d+'), r'\g<1>0'),
       (re.compile(r'("(?:__|x_)(?:\w+_)?sequence":")\[[^]]*\]'), r'\1[]'),
       (re.compile(r'("(?:__|x_)(?:transaction_)?id":")\d+:\d+'), r'\1X:0'),
       (re.compile(r'("(?:__|x_)source_ts_(?:ms|us|ns)":"?)\d+'), r'\g<1>0')]
CLOCK = [(re.compile(r'("(?:__|x_)(?:source_)?version":")[^"]*'), r'\1V'),
         (re.compile(r'("(?:__|x_)ts_(?:ms|us|ns)":"?)\d+'), r'\g<1>0')]


def plugin_options(properties):
    """The plugin's options for a connector's properties."""
    options = {k: v for k, v in properties.items() if k != "transforms" and not k.startswith("transforms.")}
    for name in filter(None, properties.get("transforms", "").split(",")):
        start = "transforms.%s." % name
        mine = {k[len(start):]: v for k, v in properties.items() if k.startswith(start)}
        kind = mine.pop("type")
        if kind == UNWRAP:
            options["unwrap"] = "true"
            if "replace.null.with.default" in mine:
                options["unwrap.replace.null.with.default"] = mine.pop("replace.null.with.default")
            options.update(mine)
        elif kind == ROUTER:
            options["outbox.table.include.list"] = r"public\.outbox"
            options.update(("outbox." + k, v) for k, v in mine.items())
        else:
            raise ValueError("no option stands for " + kind)
    return options
