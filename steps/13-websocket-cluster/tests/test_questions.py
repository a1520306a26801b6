def test_a_vote_counts_once(client, log_in, ask):
    question, voter = ask(log_in("asker")), log_in("voter")
    for _ in range(2):
        client.put(f"/api/questions/{question['id']}/vote", headers=voter)
    assert client.get(f"/api/questions/{question['id']}").json["score"] == 1
    for _ in range(2):
        client.delete(f"/api/questions/{question['id']}/vote", headers=voter)
    assert client.get(f"/api/questions/{question['id']}").json["score"] == 0


def test_nobody_votes_for_their_own_question(client, log_in, ask):
    asker = log_in("asker")
    answer = client.put(f"/api/questions/{ask(asker)['id']}/vote", headers=asker)
    assert answer.status_code == 403


def test_only_the_author_edits(client, log_in, ask):
    question, other = ask(log_in("author")), log_in("other")
    url = f"/api/questions/{question['id']}"
    assert client.put(url, json={"source": "Mine."}, headers=other).status_code == 403
    assert client.delete(url, headers=other).status_code == 403


def test_the_list_is_sorted_by_votes_then_age(client, log_in, ask):
    asker, voter = log_in("asker"), log_in("voter")
    first, second, third = (ask(asker, source)["id"] for source in ("One?", "Two?", "Three?"))
    client.put(f"/api/questions/{second}/vote", headers=voter)
    questions = client.get("/api/questions?talk=talk").json["questions"]
    assert [question["id"] for question in questions] == [second, first, third]


def test_only_the_organiser_marks_a_question_answered(client, log_in, ask):
    asker = log_in("asker")
    answer = client.put(f"/api/questions/{ask(asker)['id']}/answered", headers=asker)
    assert answer.status_code == 403


def test_a_question_with_a_number_no_column_can_hold_is_not_found(client):
    assert client.get("/api/questions/99999999999999999999").status_code == 404


def test_an_owner_is_let_in_and_others_are_not(client, log_in, ask):
    author, other = log_in("author"), log_in("other")
    url = f"/api/questions/{ask(author)['id']}"
    body = {"source": "Better?"}
    assert client.put(url, json=body).status_code == 401
    assert client.put(url, json=body, headers=other).status_code == 403
    assert client.put(url, json=body, headers=author).status_code == 200
    assert client.put("/api/questions/99", json=body, headers=author).status_code == 404
