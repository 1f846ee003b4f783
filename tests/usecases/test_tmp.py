from tests.shelf import *
def test_a(shelf):
    e=shelf.publish(); print(list(keyed(shelf.items())))
    [p]=shelf.invite("clara")
    from chalicelib.usecases.accept_batch import accept_batch
    from chalicelib.domain.batch import BatchRequest
    from chalicelib.usecases.deliver import deliver
    accept_batch(shelf.events,shelf.planner,shelf.batches,shelf.dues,shelf.queue,"symposium",BatchRequest(kind="invitation"),"k",NOW,dry_run=False)
    print(shelf.queued())
    for w in shelf.take(): print(deliver(shelf.post,w,shelf.clock,lambda:True))
    print(shelf.mails()[0].as_string()[:1500], shelf.delivery(p))
    print(shelf.told(shelf.delivery(p)["message_id"],"Bounce","bounce"))
