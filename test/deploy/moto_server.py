"""moto's server, a stand-in for AWS, with three things put right: python moto_server.py --port PORT"""

import sys

from moto.cloudformation import models, parsing
from moto.server import main

# ValidateTemplate answers as AWS does, which does not mind what cfn-lint warns of. The test runs cfn-lint by itself.
models.validate_template_cfn_lint = lambda template: []


def apply(change_set):
    """Changes the stack, its outputs too: moto leaves these as they were when the stack was made."""
    stack = change_set.stack
    stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.template_dict = change_set.template_dict
    stack.output_map = stack._create_output_map()


def delete(resource_map, moto_delete=parsing.ResourceMap.delete):
    """Deletes what the stack holds. What was created for good is kept by RetainExceptOnCreate as by Retain."""
    for resource in resource_map._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    moto_delete(resource_map)


models.ChangeSet.apply = apply
parsing.ResourceMap.delete = delete

main(sys.argv[1:])
