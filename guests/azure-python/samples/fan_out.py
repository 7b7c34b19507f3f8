"""Fan-out and fan-in: many calls at once, one result; a class of the author's travels with them, and what fails is tried again."""

import azure.durable_functions as df

bp = df.Blueprint()


class Shard:
    """A part of the work."""

    def __init__(self, number: int, words: list[str]) -> None:
        self.number = number
        self.words = words

    @staticmethod
    def to_json(shard: "Shard") -> dict:
        """The form in which it travels."""
        return {"number": shard.number, "words": shard.words}

    @staticmethod
    def from_json(data: dict) -> "Shard":
        """The shard that had this form."""
        return Shard(data["number"], data["words"])


@bp.orchestration_trigger(context_name="context")
def count_words(context: df.DurableOrchestrationContext):
    """Counts the words of a text in several parts at once."""
    text = context.get_input() or "the quick brown fox jumps over the lazy dog"
    shards = yield context.call_activity("split_text", text)
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=100, max_number_of_attempts=3)
    context.set_custom_status({"shards": len(shards)})
    parts = yield context.task_all([context.call_activity_with_retry("count_shard", retry, shard) for shard in shards])
    total: dict[str, int] = {}
    for part in parts:
        for word, count in part.items():
            total[word] = total.get(word, 0) + count
    return dict(sorted(total.items()))


@bp.activity_trigger(input_name="text")
def split_text(text: str) -> list:
    """Cuts a text into shards of three words."""
    words = text.split()
    return [Shard(start // 3, words[start : start + 3]) for start in range(0, len(words), 3)]


@bp.activity_trigger(input_name="shard", activity="count_shard")
async def count_words_of(shard: Shard) -> dict:
    """Counts the words of one shard."""
    return {word: shard.words.count(word) for word in shard.words}
