-- The index over the run folders; `rebuild` makes all of it anew.
CREATE TABLE runs (
    run_id VARCHAR PRIMARY KEY,
    model VARCHAR NOT NULL,
    model_revision VARCHAR NOT NULL,
    recipe VARCHAR NOT NULL,              -- the short label: wanda-50
    method VARCHAR NOT NULL,
    sparsity DOUBLE,                      -- share removed; NULL where none is
    structure VARCHAR NOT NULL,
    bits INTEGER,
    group_size INTEGER,
    task VARCHAR NOT NULL,
    task_version INTEGER NOT NULL,
    dataset VARCHAR NOT NULL,
    dataset_revision VARCHAR NOT NULL,
    formulation VARCHAR,
    k_shot INTEGER NOT NULL,
    question_limit INTEGER,
    seed BIGINT NOT NULL,
    comparison_id VARCHAR NOT NULL,       -- equal for runs that differ in their recipe only
    compression_id VARCHAR NOT NULL,      -- equal for runs of one compressed model
    sample_set VARCHAR,                   -- NULL until the worker has read the data
    spec JSON NOT NULL
);
CREATE TABLE samples (
    sample_set VARCHAR NOT NULL,
    sample_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,            -- order in the data set
    question VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    fact VARCHAR NOT NULL,                -- wordings of one fact share it; empty where a sample stands alone
    gold VARCHAR NOT NULL,                -- the preferred answer of the first turn
    detail JSON NOT NULL,                 -- the whole Sample
    PRIMARY KEY (sample_set, sample_id)
);
CREATE TABLE answers (
    run_id VARCHAR NOT NULL,
    sample_id VARCHAR NOT NULL,
    turn INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    n_prompt_tokens INTEGER NOT NULL,
    n_tokens INTEGER NOT NULL,
    finish VARCHAR NOT NULL,
    choice_logprobs DOUBLE[] NOT NULL,
    choice_lengths INTEGER[] NOT NULL,
    gold_logprob DOUBLE,
    nll DOUBLE,
    seconds DOUBLE NOT NULL,
    PRIMARY KEY (run_id, sample_id, turn)
);
CREATE TABLE scores (
    run_id VARCHAR NOT NULL,
    sample_id VARCHAR NOT NULL,
    turn INTEGER NOT NULL,
    scorer VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    value DOUBLE,                         -- NULL: could not be scored
    extracted VARCHAR NOT NULL,
    PRIMARY KEY (run_id, sample_id, turn, scorer, metric)
);
CREATE TABLE layers (
    compression_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    block INTEGER NOT NULL,
    n_out INTEGER NOT NULL,
    n_in INTEGER NOT NULL,
    sparsity DOUBLE NOT NULL,
    structure_ok BOOLEAN,
    error DOUBLE,
    bits DOUBLE NOT NULL,
    seconds DOUBLE NOT NULL,
    PRIMARY KEY (compression_id, name)
);
CREATE TABLE parts (
    run_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    PRIMARY KEY (run_id, name)
);
