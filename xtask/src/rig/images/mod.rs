//! Images of the services that staging environments have, made from Debian's packages: no image registry is asked.
//!
//! Two releases of Debian give two major versions of each service: `stagewatch-rig/redis:12` and `:13`, likewise
//! `rabbitmq` and `nginx`. Their root file systems are kept as tar files in the cache, named after their recipe.

mod packages;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::docker::{Docker, LABEL};
use super::{cache, command};
use crate::say::say;

/// What an image is made of.
#[derive(Debug)]
struct Recipe {
    service: &'static str,
    packages: &'static [&'static str],
    /// Instructions of a Dockerfile that `docker import --change` takes.
    changes: &'static [&'static str],
}

/// The health checks ask every two seconds, so that a test sees a change soon.
const RECIPES: [Recipe; 3] = [
    Recipe {
        service: "redis",
        packages: &["redis-server"],
        changes: &[
            "EXPOSE 6379",
            "WORKDIR /var/lib/redis",
            "USER redis",
            r#"CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]"#,
            // A server that wants a password is up, too.
            "HEALTHCHECK --interval=2s --timeout=3s --retries=2 CMD redis-cli ping | grep -qE 'PONG|NOAUTH'",
        ],
    },
    Recipe {
        service: "rabbitmq",
        packages: &["rabbitmq-server"],
        changes: &[
            "EXPOSE 5672",
            "WORKDIR /var/lib/rabbitmq",
            "USER rabbitmq",
            "ENV HOME=/var/lib/rabbitmq",
            // `-` is its word for standard output.
            "ENV RABBITMQ_LOGS=-",
            "ENV LANG=C.UTF-8",
            r#"CMD ["/usr/lib/rabbitmq/bin/rabbitmq-server"]"#,
            "HEALTHCHECK --interval=5s --timeout=15s --start-period=60s --retries=2 CMD rabbitmq-diagnostics -q check_running",
        ],
    },
    Recipe {
        service: "nginx",
        packages: &["nginx-light"],
        changes: &[
            "EXPOSE 80",
            r#"CMD ["nginx", "-g", "daemon off;"]"#,
            "HEALTHCHECK --interval=2s --timeout=15s --retries=2 CMD nc 127.0.0.1 80 </dev/null || nc 127.0.0.1 443 </dev/null",
        ],
    },
];

/// nginx has no site of its own without its package's script; what it logs is for `docker logs`.
const NGINX_SITE: &str = "server { listen 80 default_server; location / { return 200 \"nginx\\n\"; } }\n";
const NGINX_LOGS: [(&str, &str); 2] = [("access.log", "/dev/stdout"), ("error.log", "/dev/stderr")];

/// Debian's releases by number and name.
const RELEASES: [(&str, &str); 2] = [("12", "bookworm"), ("13", "trixie")];

/// In each image: a shell and its tools, without Debian's own dozen packages.
const SHELL: &str = "busybox-static";

/// What the services run as.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/bin/sh
redis:x:999:999:redis:/var/lib/redis:/bin/sh
rabbitmq:x:998:998:rabbitmq:/var/lib/rabbitmq:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
";
/// Where the services write: it belongs to everybody, since no package script runs that would give it to one.
const WRITTEN: [&str; 9] = [
    "tmp",
    "run",
    "run/redis",
    "var/lib/redis",
    "var/log/redis",
    "var/lib/rabbitmq",
    "var/log/rabbitmq",
    "var/log/nginx",
    "var/lib/nginx",
];
const GROUP: &str = "root:x:0:\nadm:x:4:\nwww-data:x:33:\nredis:x:999:\nrabbitmq:x:998:\nnogroup:x:65534:\n";

/// What goes into every image, for the name under which it is kept.
const SHARED: (&str, &str, &str, [&str; 9], [&str; 14], &str) =
    (SHELL, PASSWD, GROUP, WRITTEN, packages::NOT_NEEDED, NGINX_SITE);

/// Makes sure that the engine has the images of all releases.
pub fn ensure(docker: &Docker) -> Result<()> {
    RELEASES.into_iter().try_for_each(|(release, _)| ensure_release(docker, release))
}

/// Makes sure that the engine has the images of one release, `12` or `13`.
pub fn ensure_release(docker: &Docker, release: &str) -> Result<()> {
    let Some((_, suite)) = RELEASES.into_iter().find(|(number, _)| *number == release) else {
        bail!("no images for Debian {release}; there are {}", RELEASES.map(|(number, _)| number).join(" and "));
    };
    for recipe in &RECIPES {
        let image = format!("stagewatch-rig/{}:{release}", recipe.service);
        let key = cache::key(&format!("{recipe:?} {suite} {SHARED:?}"));
        let recipe_label = format!("{LABEL}.recipe={key}");
        let known = docker.docker(&["image", "ls", "--quiet", "--filter", &format!("label={recipe_label}"), &image])?;
        if !known.is_empty() {
            continue;
        }
        let begun = Instant::now();
        let tar = root(recipe, release, suite, &key)?;
        let label = format!("LABEL {recipe_label}");
        let changes = recipe.changes.iter().copied().chain([label.as_str(), "ENV PATH=/usr/sbin:/usr/bin"]);
        let mut arguments = vec!["import"];
        changes.for_each(|change| arguments.extend(["--change", change]));
        let tar = tar.display().to_string();
        arguments.extend([tar.as_str(), image.as_str()]);
        docker.docker(&arguments)?;
        // The image that had this tag before has none now.
        docker.docker(&["image", "prune", "--force", "--filter", &format!("label={LABEL}.recipe")])?;
        say(format!("image {image} made in {:.1} s", begun.elapsed().as_secs_f32()));
    }
    Ok(())
}

/// Gives one engine an image of another.
pub fn copy(from: &Docker, to: &Docker, image: &str) -> Result<()> {
    let mut save = from.command(&["save", image]).stdout(Stdio::piped()).spawn()?;
    let saved = save.stdout.take().context("docker save has no output")?;
    let load = to.command(&["load"]).stdin(Stdio::from(saved)).stdout(Stdio::null()).status()?;
    if !load.success() || !save.wait()?.success() {
        bail!("{image} could not be copied");
    }
    Ok(())
}

/// The root file system as a tar file, from the cache or from packages.
fn root(recipe: &Recipe, release: &str, suite: &str, key: &str) -> Result<PathBuf> {
    let folder = cache::folder("images")?;
    let _one_at_a_time = cache::lock(&folder)?;
    let tar = folder.join(format!("{}-{release}-{key}.tar", recipe.service));
    if tar.exists() {
        return Ok(tar);
    }
    say(format!("making the root of {} from packages of Debian {release}", recipe.service));
    let apt = packages::Apt::prepare(&folder.join(format!("apt-{release}")), suite)?;
    let scratch = tempfile::tempdir_in(&folder)?;
    let root = scratch.path().join("root");
    skeleton(&root)?;
    let wanted = [recipe.packages, &[SHELL]].concat();
    for package in apt.download(&wanted)? {
        unpack(&package, &root)?;
    }
    WRITTEN.iter().try_for_each(|folder| open_to_all(&root.join(folder)))?;
    if recipe.service == "nginx" {
        fs::write(root.join("etc/nginx/conf.d/default.conf"), NGINX_SITE)?;
        for (log, device) in NGINX_LOGS {
            symlink(device, root.join("var/log/nginx").join(log))?;
        }
    }
    shell_tools(&root)?;
    // Next to its place and then renamed, so that a half-written one is never taken for whole.
    let part = scratch.path().join("root.tar");
    let mut pack = Command::new("tar");
    pack.args(["--create", "--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--file"])
        .arg(&part)
        .arg("--directory")
        .arg(&root)
        .arg(".");
    command::output(&mut pack)?;
    forget(&folder, &format!("{}-{release}-", recipe.service))?;
    fs::rename(&part, &tar)?;
    Ok(tar)
}

/// Removes what an earlier recipe has made.
fn forget(folder: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What the packages expect to find: a merged `/usr` and users.
fn skeleton(root: &Path) -> Result<()> {
    for folder in ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "root", "dev", "proc", "sys"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for link in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{link}"), root.join(link))?;
    }
    fs::write(root.join("etc/passwd"), PASSWD)?;
    fs::write(root.join("etc/group"), GROUP)?;
    fs::write(root.join("etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n")?;
    Ok(())
}

/// Lets everybody write in this folder, which may not be there yet, and in those that packages have put in it.
fn open_to_all(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o1777))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_to_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Unpacks a package without running its scripts; what the skeleton has stays.
fn unpack(package: &Path, root: &Path) -> Result<()> {
    let mut read = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start dpkg-deb")?;
    let files = read.stdout.take().context("dpkg-deb has no output")?;
    let mut write = Command::new("tar");
    write.args([
        "--extract",
        "--keep-directory-symlink",
        "--no-overwrite-dir",
        "--no-same-owner",
        "--exclude=./usr/share/doc",
        "--exclude=./usr/share/man",
    ]);
    write
        .args(["--exclude=./usr/share/locale", "--exclude=./lib/systemd"])
        .arg("--directory")
        .arg(root)
        .stdin(Stdio::from(files));
    let status = write.status().context("cannot start tar")?;
    if !status.success() || !read.wait()?.success() {
        bail!("{} could not be unpacked", package.display());
    }
    Ok(())
}

/// A link for each tool of busybox that no package has brought.
fn shell_tools(root: &Path) -> Result<()> {
    let busybox = root.join("usr/bin/busybox");
    for tool in command::output(Command::new(&busybox).arg("--list"))?.lines() {
        let link = root.join("usr/bin").join(tool);
        if link.symlink_metadata().is_err() && root.join("usr/sbin").join(tool).symlink_metadata().is_err() {
            symlink("busybox", link)?;
        }
    }
    Ok(())
}
