"""Every error a user can meet, as one tree.

LlmkickError                   exit code 1: something failed
├── UsageError                 exit code 2: the request itself cannot be met
│   ├── RecipeError            sparsity 1.2, structure 4:2, a method that does not exist
│   ├── TaskError              unknown task, limit 0, a formulation that does not exist
│   ├── ModelError             unknown model, folder without config, weights or tokenizer
│   │   └── NoLikelihoodsError the server behind an endpoint gives no log-probabilities
│   ├── DataError              a data set that is missing or not in its official format
│   └── ChangedError           what was to be replaced has been changed by somebody else
├── CalibrationError           too little text, activations that are not finite
├── EndpointError              a server that is not there, refuses, or answers what is no answer
├── BudgetError                a cap on requests, tokens or dollars is reached
├── PreflightError             the run cannot fit in memory or on disk
├── StoreError                 the store cannot be written or read
│   ├── StoreBusyError         another process owns the database
│   ├── StoreSchemaError       the database was made by a newer version
│   └── CorruptFileError       a part file or status file is damaged
└── JobError                   a worker died or would not start
    └── RunCancelled           the user asked a run to stop; not a failure

A message names the value, the limit and the way out, in one line that can be shown to a person as it is.
"""


class LlmkickError(Exception):
    """Root of the tree; `exit_code` is what the command line exits with."""

    exit_code = 1


class UsageError(LlmkickError):
    """The request cannot be met as it stands; changing the arguments helps."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe that does not make sense, or that a layer cannot take."""


class TaskError(UsageError):
    """An unknown task, or a task asked for with unusable sizes."""


class ModelError(UsageError):
    """A model that cannot be found or must not be loaded."""


class NoLikelihoodsError(ModelError):
    """A model behind an endpoint whose server does not tell how likely a text is."""


class DataError(UsageError):
    """A data set that is missing or is not in its official format."""


class ChangedError(UsageError):
    """What was to be replaced is no longer what was seen."""


class CalibrationError(LlmkickError):
    """Calibration text or activations that cannot be used."""


class EndpointError(LlmkickError):
    """A server that is not there, refuses a request, or sends what is no answer."""


class BudgetError(LlmkickError):
    """A cap on what a judge may cost is reached; what came until then is kept."""


class PreflightError(LlmkickError):
    """A run that would not fit in memory or on disk."""


class StoreError(LlmkickError):
    """A store that cannot be written or read."""


class StoreBusyError(StoreError):
    """Another process owns the database."""


class StoreSchemaError(StoreError):
    """The database was made by a newer version of the program."""


class CorruptFileError(StoreError):
    """A file of the store is damaged; the rest of the store stays usable."""


class JobError(LlmkickError):
    """A worker died or would not start."""


class RunCancelled(JobError):  # noqa: N818  (not an error: the user asked for it)
    """The user asked a run to stop."""


def is_panic(error: BaseException) -> bool:
    """Return whether an exception is a panic of a library in Rust, which is an error of one call and no `Exception`."""
    return type(error).__name__ == "PanicException"
