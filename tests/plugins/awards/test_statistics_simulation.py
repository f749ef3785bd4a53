"""The methods against a known truth; benchmarks/jury_simulation.py is the long version."""

from benchmarks.jury_simulation import averaged, recalls, taus, winners

SEED = 1979


def test_the_additive_model_orders_entries_better_than_the_plain_mean() -> None:
    found = averaged(taus, 8, SEED)

    assert found["additive"][0] - found["raw mean"][0] > 3 * found["raw mean"][1]
    assert 0.68 < found["raw mean"][0] < 0.78 < found["additive"][0] < 0.86


def test_a_z_score_by_judge_loses_the_best_where_juries_see_entries_of_different_quality() -> None:
    found = averaged(recalls, 24, SEED)

    assert found["z-score"][0] < found["raw mean"][0] - 0.05
    assert found["z-score"][0] < found["additive"][0] - 0.05


def test_two_stages_find_the_winner_more_often_than_one_with_as_many_scores() -> None:
    found = averaged(winners, 40, SEED)

    assert found["two stages, raw mean"][0] > found["one stage, raw mean"][0] + 0.1
