"""Files of tests that take longest, in the order in which they are begun, with their seconds on one of two busy cores
(`pytest --durations=0`).

Long files come first, so that no core waits at the end for a long file of another. Before those that drive a browser
come some that compile the simulator, a minute's work that is done once and kept, so that no page waits for it. The list
is made again when a file's time has doubled.
"""

ORDER = (
    "test_service.py",  # 30
    "test_flexibility_regions.py",  # 29
    "test_measure_cli.py",  # 25
    "test_train.py",  # 24
    "test_schema.py",  # 31
    "test_readme.py",  # 27
    "test_ci.py",  # 24
    "test_tune.py",  # 22
    "test_house.py",  # 19
    "test_web_python.py",  # 60
    "test_web_keyboard.py",  # 52
    "test_web_browser.py",  # 47
    "test_web_load.py",  # 46
    "test_web_axe.py",  # 26
    "test_web_safe.py",  # 19
    "test_web.py",  # 13
    "test_cli_ends.py",  # 16
    "test_cluster.py",  # 14
    "test_frontier.py",  # 14
    "test_prompt.py",  # 14
    "test_flexibility_pages.py",  # 13
    "test_meter_formats.py",  # 13
    "test_same_seed.py",  # 12
    "test_doors_inputs.py",  # 11
    "test_flexibility_sites.py",  # 11
    "test_proxy.py",  # 11
    "test_measure_hardships.py",  # 10
    "test_meter_out_real.py",  # 10
    "test_sensors_prometheus.py",  # 10
    "test_traffic.py",  # 10
    "test_one_energy.py",  # 9
    "test_supply_command.py",  # 9
    "test_supply_long.py",  # 9
    "test_supply_odd.py",  # 9
    "test_traffic_make.py",  # 9
    "test_work_properties.py",  # 9
    "test_training_tuning.py",  # 8
    "test_fleet.py",  # 8
    "test_mlperf_encoding.py",  # 8
    "test_proxy_cli.py",  # 8
    "test_web_equal.py",  # 8
    "test_cli.py",  # 7
    "test_meter_ranks.py",  # 7
    "test_supply_reliability.py",  # 7
    "test_web_attacks.py",  # 7
    "test_agent.py",  # 6
    "test_flexibility_shift.py",  # 6
    "test_frontier_bounds.py",  # 6
    "test_language_errors.py",  # 6
    "test_meter_recordings.py",  # 6
    "test_places.py",  # 5
    "test_public_names.py",  # 5
    "test_unused_options.py",  # 5
)
_PLACES = {name: place for place, name in enumerate(ORDER)}


def place_of(name: str) -> int:
    """The place of a file of tests in the order; those that are not listed come last, in their own."""
    return _PLACES.get(name, len(ORDER))
