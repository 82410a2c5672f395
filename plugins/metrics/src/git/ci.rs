//! The branch that a CI builds. It checks out a commit, and says in variables of what branch that is.

/// Variables that hold a branch, those of a pull request's own branch before others; each with one that must
/// hold nothing, or not `tag`, as what is named is no branch else.
///
/// Sources: each one's list of variables.
const VARIABLES: &[(&str, Option<&str>)] = &[
    // GitHub Actions, Forgejo, Gitea.
    ("GITHUB_HEAD_REF", None),
    ("GITHUB_REF_NAME", Some("GITHUB_REF_TYPE")),
    // GitLab.
    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", None),
    ("CI_COMMIT_BRANCH", None),
    ("CI_COMMIT_REF_NAME", Some("CI_COMMIT_TAG")),
    // Woodpecker.
    ("CI_COMMIT_SOURCE_BRANCH", None),
    ("BUILDKITE_BRANCH", Some("BUILDKITE_TAG")),
    ("CIRCLE_BRANCH", None),
    ("TRAVIS_PULL_REQUEST_BRANCH", None),
    ("TRAVIS_BRANCH", Some("TRAVIS_TAG")),
    ("DRONE_SOURCE_BRANCH", None),
    ("BITBUCKET_BRANCH", None),
    ("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", None),
    ("APPVEYOR_REPO_BRANCH", None),
    // Azure Pipelines.
    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", None),
    ("BUILD_SOURCEBRANCH", None),
    ("CF_PAGES_BRANCH", None),
    ("RENDER_GIT_BRANCH", None),
    ("VERCEL_GIT_COMMIT_REF", None),
    // Jenkins: of a multibranch pipeline, and of the Git plugin.
    ("CHANGE_BRANCH", None),
    ("BRANCH_NAME", Some("TAG_NAME")),
    ("GIT_BRANCH", None),
];

/// The branch that the variables name; `None` outside of a CI, and where it builds a tag.
pub(super) fn branch(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let is_tag = |name: &str| match value(name) {
        // A variable that holds a type, in place of the tag's name.
        Some(kind) if name == "GITHUB_REF_TYPE" => kind == "tag",
        tag => tag.is_some(),
    };
    VARIABLES.iter().find_map(|(name, tag)| {
        let branch = value(name).filter(|_| !tag.is_some_and(is_tag))?;
        if branch.starts_with("refs/") {
            return branch.strip_prefix("refs/heads/").map(str::to_owned);
        }
        Some(branch.strip_prefix("origin/").unwrap_or(&branch).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<String> {
        branch(&|name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_ci_names_the_branch_in_its_own_way() {
        assert_eq!(of(&[]), None);
        let github = [("GITHUB_HEAD_REF", "mine"), ("GITHUB_REF_NAME", "12/merge")];
        assert_eq!(of(&github).as_deref(), Some("mine"));
        let push =
            [("GITHUB_HEAD_REF", ""), ("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")];
        assert_eq!(of(&push).as_deref(), Some("main"));
        assert_eq!(of(&[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")]), None);
        assert_eq!(of(&[("CI_COMMIT_REF_NAME", "v1"), ("CI_COMMIT_TAG", "v1")]), None);
        assert_eq!(of(&[("CI_COMMIT_REF_NAME", "dev")]).as_deref(), Some("dev"));
        assert_eq!(of(&[("BUILD_SOURCEBRANCH", "refs/heads/a/b")]).as_deref(), Some("a/b"));
        assert_eq!(of(&[("BUILD_SOURCEBRANCH", "refs/tags/v1")]), None);
        assert_eq!(of(&[("GIT_BRANCH", "origin/main")]).as_deref(), Some("main"));
    }
}
