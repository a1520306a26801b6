from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Question, Talk, Vote


def test_the_sample_data_count_their_own_votes(app):
    with app.app_context():
        db.session.delete(db.session.scalar(select(Talk)))
        db.session.commit()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["init-db"]).exit_code == 0
    for _ in range(2):
        result = runner.invoke(args=["seed"])
        assert result.exit_code == 0, result.output
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Talk)) == 3
        votes = db.session.scalar(select(func.count()).select_from(Vote))
        assert votes == db.session.scalar(select(func.sum(Question.score))) > 0


def test_production_takes_no_sample_accounts(app):
    app.config["DEVELOPMENT_SECRET_IS_FINE"] = False
    assert app.test_cli_runner().invoke(args=["seed"]).exit_code == 2
