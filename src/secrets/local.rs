//! Secrets without a cluster: `DIR/<secret>/<key>`, the environment, `.env`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};

use super::{MAX_VALUE, Secret, SecretProblem, text};

/// Keys that need no prefix in the environment: the same bot serves every job.
const BARE: [&str; 3] = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", API_KEY];
/// Where the key of Claude is, whatever it is called in its Secret.
pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";
const PREFIX: &str = "SECRET__";
/// The largest `.env` that is read, in bytes.
const MAX_DOTENV: u64 = 1024 * 1024;
/// The most keys of one folder.
const MAX_KEYS: usize = 64;
/// For a folder on a file system that does not answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why the secrets outside a cluster could not be taken up. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum LocalSecretsError {
    /// There is a `.env`, and it cannot be read.
    #[error("{0}: {1}")]
    Dotenv(PathBuf, io::Error),
    /// An assignment of `.env` cannot be read. What it holds may be a secret, so only the variable is named.
    #[error("{0}: {1} cannot be read: put 'single quotes' around a value that holds blanks, quotes, # or $")]
    Assignment(PathBuf, String),
    /// The value of a variable cannot be used.
    #[error("the value of {0} {1}")]
    Value(String, &'static str),
    /// The folder is none.
    #[error("--secrets {0} is not a folder: put the values in {0}/<secret>/<key>")]
    NoFolder(PathBuf),
}

/// The folder, and what the environment and `.env` hold, by variable.
pub(super) struct Local {
    dir: Option<PathBuf>,
    variables: BTreeMap<String, Vec<(String, SecretString)>>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("dir", &self.dir).field("variables", &self.variables.keys()).finish()
    }
}

impl Local {
    pub(super) fn new(
        dir: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        dotenv: &Path,
    ) -> Result<Self, LocalSecretsError> {
        if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
            return Err(LocalSecretsError::NoFolder(dir.into()));
        }
        let mut local = Self { dir: dir.map(Into::into), variables: BTreeMap::new() };
        for (variable, value) in environment {
            let Ok(variable) = variable.into_string() else { continue };
            if is_ours(&variable) {
                local.add(variable, "the environment", value.into_encoded_bytes())?;
            }
        }
        for (variable, value) in read_dotenv(dotenv)? {
            if is_ours(&variable) {
                local.add(variable, &dotenv.display().to_string(), value.into_bytes())?;
            }
        }
        Ok(local)
    }

    fn add(&mut self, variable: String, place: &str, value: Vec<u8>) -> Result<(), LocalSecretsError> {
        let value = text(value).map_err(|why| LocalSecretsError::Value(variable.clone(), why))?;
        if !value.expose_secret().is_empty() {
            self.variables.entry(variable).or_default().push((place.to_owned(), value));
        }
        Ok(())
    }

    /// The one value of a key, from wherever it is given.
    pub(super) fn value<'s>(
        &'s self,
        name: &str,
        key: &str,
        bare: Option<&str>,
        stored: Option<&'s Result<SecretString, SecretProblem>>,
    ) -> Result<&'s SecretString, SecretProblem> {
        let long = variable(name, key);
        let bare = bare.or_else(|| BARE.contains(&key).then_some(key)).map(ToOwned::to_owned);
        let stored = match stored {
            Some(value) => Some((self.file(name, key), value.as_ref().map_err(Clone::clone)?)),
            None => None,
        };
        let variables = bare.iter().chain([&long]).flat_map(|variable| {
            let given = self.variables.get(variable).into_iter().flatten();
            given.map(move |(place, value)| (format!("{place} ({variable})"), value))
        });
        let mut given = stored.into_iter().chain(variables);
        match (given.next(), given.next()) {
            (Some((_, value)), None) => Ok(value),
            (Some((first, _)), Some((second, _))) => {
                Err(SecretProblem::GivenTwice { key: key.into(), places: [first, second] })
            }
            (None, _) => {
                let set = format!("set {}", bare.as_ref().unwrap_or(&long));
                let instead = match self.dir {
                    Some(_) => format!("{set}, or write it to {}", self.file(name, key)),
                    None => format!("{set}, or use --secrets DIR and write it to DIR/{name}/{key}"),
                };
                Err(SecretProblem::NoKey { key: key.into(), instead })
            }
        }
    }

    fn file(&self, name: &str, key: &str) -> String {
        self.dir.as_deref().unwrap_or_else(|| Path::new("DIR")).join(name).join(key).display().to_string()
    }

    /// The values that the environment and `.env` hold for a Secret.
    pub(super) fn values<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s SecretString> + use<'s> {
        let prefix = variable(name, "");
        let ours = move |variable: &str| variable.starts_with(&prefix) || BARE.contains(&variable);
        self.variables.iter().filter(move |(variable, _)| ours(variable)).flat_map(|(_, given)| given).map(|(_, v)| v)
    }
}

/// A Secret as it is given without a cluster.
pub(super) async fn get(local: &Arc<Local>, name: &str) -> Result<Secret, SecretProblem> {
    let mut secret = Secret { values: BTreeMap::new(), environment: Some((Arc::clone(local), name.to_owned())) };
    // A name with a slash or a leading dot is none that Kubernetes admits, and would lead out of the folder.
    if let Some(folder) = local.dir.as_ref().filter(|_| !name.starts_with('.') && !name.contains('/')) {
        let folder = folder.join(name);
        let reading = tokio::task::spawn_blocking(move || read_folder(&folder));
        let keys = match tokio::time::timeout(DEADLINE, reading).await {
            Ok(Ok(keys)) => keys?,
            Ok(Err(_)) => return Err(SecretProblem::Unreadable("its folder could not be read".into())),
            Err(_) => {
                return Err(SecretProblem::Unreadable(format!(
                    "its folder could not be read within {} s",
                    DEADLINE.as_secs()
                )));
            }
        };
        for (key, bytes) in keys {
            secret.add(key, bytes);
        }
    }
    if secret.values.is_empty() && local.values(name).next().is_none() {
        let instead = format!("write its values to {}, or set {}<KEY>", local.file(name, "<key>"), variable(name, ""));
        return Err(SecretProblem::NotFound { instead });
    }
    Ok(secret)
}

/// The files of a Secret's folder, each at most one byte over the bound. None when there is no such folder.
fn read_folder(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, SecretProblem> {
    let fail = |path: &Path, error: &io::Error| SecretProblem::Unreadable(format!("{}: {error}", path.display()));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(folder, &error)),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| fail(folder, &error))?.path();
        let Some(key) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // A Secret mounted into a pod has its values behind links, and `..data` beside them. A pipe would never end.
        if key.starts_with("..") || !path.is_file() {
            continue;
        }
        if keys.len() == MAX_KEYS {
            return Err(SecretProblem::Unreadable(format!("{} holds more than {MAX_KEYS} files", folder.display())));
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_VALUE).unwrap_or(u64::MAX) + 1;
        let read = File::open(&path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(|error| fail(&path, &error))?;
        keys.push((key.to_owned(), bytes));
    }
    Ok(keys)
}

fn read_dotenv(path: &Path) -> Result<Vec<(String, String)>, LocalSecretsError> {
    let fail = |error| LocalSecretsError::Dotenv(path.into(), error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_DOTENV + 1).read_to_end(&mut bytes).map_err(fail)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_DOTENV {
        return Err(fail(io::Error::other("is larger than 1 MiB")));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut all = Vec::new();
    for item in dotenvy::from_read_iter(bytes) {
        match item {
            Ok(assignment) => all.push(assignment),
            Err(dotenvy::Error::Io(error)) => return Err(fail(error)),
            Err(_) => {}
        }
    }
    // The file may serve other programs, which read their own lines in their own way; ours have to be read.
    for line in String::from_utf8_lossy(bytes).lines() {
        let line = line.trim_start();
        let assigned =
            line.strip_prefix("export ").unwrap_or(line).split_once('=').map(|(variable, _)| variable.trim());
        if let Some(variable) = assigned.filter(|v| is_ours(v) && !all.iter().any(|(read, _)| read == v)) {
            return Err(LocalSecretsError::Assignment(path.into(), variable.into()));
        }
    }
    Ok(all)
}

fn is_ours(variable: &str) -> bool {
    BARE.contains(&variable) || variable.starts_with(PREFIX)
}

/// `SECRET__<NAME>__<KEY>`.
fn variable(name: &str, key: &str) -> String {
    let capitals = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
    };
    format!("{PREFIX}{}__{}", capitals(name), capitals(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new(files: &[(&str, &str)]) -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("s")).unwrap();
            for (path, content) in files {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            Self { root }
        }

        fn local(&self, environment: &[(&str, &str)]) -> Result<Arc<Local>, LocalSecretsError> {
            let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
            Local::new(Some(&self.root.path().join("s")), environment, &self.root.path().join(".env")).map(Arc::new)
        }

        /// The value, or what is wrong, with the temporary folder as `/`.
        async fn value(&self, environment: &[(&str, &str)], name: &str, key: &str) -> Result<String, String> {
            let local = self.local(environment).unwrap();
            let secret = get(&local, name).await;
            let value = secret.and_then(|secret| secret.value(key).map(|value| value.expose_secret().to_owned()));
            value.map_err(|problem| problem.to_string().replace(self.root.path().to_str().unwrap(), ""))
        }
    }

    #[tokio::test]
    async fn a_value_comes_from_one_place() {
        let place = Place::new(&[
            ("s/login/basic", "from-folder\n"),
            (".env", "TELEGRAM_CHAT_ID=-100 # ours\nexport SECRET__APP_TLS__CA_CRT='from dotenv'\nOTHER=\"$HOME\"\n"),
        ]);
        for (environment, name, key, expected) in [
            (vec![], "login", "basic", Ok("from-folder")),
            (vec![], "telegram", "TELEGRAM_CHAT_ID", Ok("-100")),
            (vec![], "any-other", "TELEGRAM_CHAT_ID", Ok("-100")),
            (vec![], "app.tls", "ca.crt", Ok("from dotenv")),
            (vec![("SECRET__LOGIN__KEY", "v")], "login", "key", Ok("v")),
            (
                vec![("SECRET__LOGIN__KEY", "")],
                "login",
                "key",
                Err("it has no value for the key key; set SECRET__LOGIN__KEY, or write it to /s/login/key"),
            ),
            (
                vec![],
                "login",
                "other",
                Err("it has no value for the key other; set SECRET__LOGIN__OTHER, or write it to /s/login/other"),
            ),
            (
                vec![],
                "telegram",
                "TELEGRAM_BOT_TOKEN",
                Err(
                    "it has no value for the key TELEGRAM_BOT_TOKEN; set TELEGRAM_BOT_TOKEN, or write it to /s/telegram/TELEGRAM_BOT_TOKEN",
                ),
            ),
            (
                vec![("SECRET__LOGIN__BASIC", "x")],
                "login",
                "basic",
                Err(
                    "its key basic has a value in /s/login/basic and in the environment (SECRET__LOGIN__BASIC): remove one of them",
                ),
            ),
            (
                vec![("TELEGRAM_CHAT_ID", "1")],
                "telegram",
                "TELEGRAM_CHAT_ID",
                Err(
                    "its key TELEGRAM_CHAT_ID has a value in the environment (TELEGRAM_CHAT_ID) and in /.env (TELEGRAM_CHAT_ID): remove one of them",
                ),
            ),
            (
                vec![("SECRET__TELEGRAM__TELEGRAM_CHAT_ID", "1")],
                "telegram",
                "TELEGRAM_CHAT_ID",
                Err(
                    "its key TELEGRAM_CHAT_ID has a value in /.env (TELEGRAM_CHAT_ID) and in the environment (SECRET__TELEGRAM__TELEGRAM_CHAT_ID): remove one of them",
                ),
            ),
        ] {
            let value = place.value(&environment, name, key).await;
            assert_eq!(value, expected.map(Into::into).map_err(Into::into), "{environment:?} {name} {key}");
        }
    }

    #[tokio::test]
    async fn says_where_to_put_what_is_missing() {
        let place = Place::new(&[]);
        assert_eq!(
            place.value(&[], "staging-login", "basic").await.unwrap_err(),
            "there is no such Secret; write its values to /s/staging-login/<key>, or set SECRET__STAGING_LOGIN__<KEY>"
        );
        assert!(place.value(&[], "../s", "x").await.unwrap_err().starts_with("there is no such Secret"));
        let error = Local::new(Some(Path::new("/nowhere")), [], Path::new("/nowhere/.env")).unwrap_err();
        assert_eq!(error.to_string(), "--secrets /nowhere is not a folder: put the values in /nowhere/<secret>/<key>");
    }

    #[tokio::test]
    async fn reads_files_only_and_a_mounted_secret() {
        let place = Place::new(&[("s/login/..2026/basic", "linked"), ("s/login/sub/file", "no")]);
        let folder = place.root.path().join("s/login");
        symlink("..2026", folder.join("..data")).unwrap();
        symlink("..data/basic", folder.join("basic")).unwrap();
        assert_eq!(place.value(&[], "login", "basic").await.as_deref(), Ok("linked"));
        assert!(place.value(&[], "login", "sub").await.is_err());
        fs::write(folder.join("big"), vec![b'a'; MAX_VALUE + 1]).unwrap();
        assert_eq!(
            place.value(&[], "login", "big").await.unwrap_err(),
            "the value of its key big is larger than 64 KiB"
        );
        assert_eq!(place.value(&[], "login", "basic").await.as_deref(), Ok("linked"));
    }

    #[tokio::test]
    async fn never_shows_a_value() {
        let place = Place::new(&[(".env", "not for us\nSECRET__A__B=hunter2 hunter3\n")]);
        let error = place.local(&[]).unwrap_err();
        assert!(error.to_string().contains(".env: SECRET__A__B cannot be read: put 'single quotes'"), "{error}");
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        fs::write(place.root.path().join(".env"), "SECRET__A__B=hunter2\n").unwrap();
        let long = "h".repeat(MAX_VALUE + 1);
        let error = place.local(&[("SECRET__A__C", &long)]).unwrap_err();
        assert_eq!(error.to_string(), "the value of SECRET__A__C is larger than 64 KiB");
        let local = place.local(&[("SECRET__A__C", "hunter4"), ("TELEGRAM_BOT_TOKEN", "hunter5"), ("X", "x")]).unwrap();
        let secret = get(&local, "a").await.unwrap();
        assert!(!format!("{local:?} {secret:?}").contains("hunter"));
        assert_eq!(secret.values().collect::<Vec<_>>(), ["hunter2", "hunter4", "hunter5"]);
    }
}
