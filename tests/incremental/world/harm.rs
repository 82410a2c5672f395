//! What is done to the output and to what bengal keeps, behind its back.

use std::fs;
use std::io;
use std::path::Path;

use super::{MINE, World};
use crate::edit::{Damage, Tamper};
use crate::support::tree;

impl World {
    pub(super) fn tamper(&mut self, tamper: Tamper, path: &str) -> io::Result<()> {
        let file = self.site.path("public").join(path);
        let bytes = fs::read(&file)?;
        match tamper {
            Tamper::Append => fs::write(&file, [&bytes, &b"<!-- mine -->"[..]].concat())?,
            Tamper::Truncate => fs::write(&file, &bytes[..bytes.len() / 2])?,
            Tamper::Unseen => {
                let time = fs::metadata(&file)?.modified()?;
                fs::write(&file, vec![b'!'; bytes.len()])?;
                fs::File::options().write(true).open(&file)?.set_modified(time)?;
            }
            Tamper::Remove => fs::remove_file(&file)?,
            Tamper::Folder => {
                fs::remove_file(&file)?;
                fs::create_dir(&file)?;
            }
            Tamper::Link => {
                fs::remove_file(&file)?;
                self.link(&file, &bytes)?;
            }
            Tamper::RemoveFolder => match path.rsplit_once('/') {
                Some((folder, _)) => fs::remove_dir_all(self.site.path("public").join(folder))?,
                None => fs::remove_file(&file)?,
            },
        }
        self.forget_what_is_gone();
        Ok(())
    }

    /// A link at `file`, to a file of other people's that holds the same bytes.
    #[cfg(unix)]
    fn link(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let target = self.aside.path().join("elsewhere");
        fs::write(&target, bytes)?;
        std::os::unix::fs::symlink(target, file)
    }

    #[cfg(not(unix))]
    fn link(&self, _file: &Path, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn put_mine(&mut self, path: &str) -> io::Result<()> {
        let file = self.site.path("public").join(path);
        if file.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::create_dir_all(file.parent().unwrap())?;
        fs::write(file, MINE)?;
        self.around.mine.insert(path.to_owned());
        Ok(())
    }

    pub(super) fn damage(&mut self, damage: Damage) -> io::Result<()> {
        if damage == Damage::Output {
            fs::remove_dir_all(self.site.path("public"))?;
            self.forget_what_is_gone();
            return Ok(());
        }
        let outputs = self.outputs();
        self.damage_state(damage)?;
        // What was written by builds that bengal may know nothing of now.
        self.around.leftovers.extend(outputs);
        self.around.state_lost = true;
        Ok(())
    }

    fn damage_state(&self, damage: Damage) -> io::Result<()> {
        let folder = self.site.path(".bengal");
        let mut kept = tree(&folder);
        kept.remove("lock");
        let number = match damage {
            Damage::All => return fs::remove_dir_all(folder),
            Damage::Truncate(number, _)
            | Damage::Flip(number, _)
            | Damage::Garbage(number)
            | Damage::Remove(number) => number,
            Damage::Output => return Ok(()),
        };
        let index = number.checked_rem(kept.len()).ok_or(io::ErrorKind::NotFound)?;
        let (name, mut bytes) = kept.into_iter().nth(index).unwrap();
        let file = folder.join(name);
        let at = |permille: u64| usize::try_from(bytes.len() as u64 * permille / 1000).unwrap();
        match damage {
            Damage::Truncate(_, permille) => bytes.truncate(at(permille)),
            Damage::Flip(_, permille) => {
                let at = at(permille);
                *bytes.get_mut(at).ok_or(io::ErrorKind::UnexpectedEof)? ^= 0x41;
            }
            Damage::Garbage(_) => bytes = b"../../victim\0\xff\xfe garbage\0".to_vec(),
            _ => return fs::remove_file(file),
        }
        fs::write(file, bytes)
    }
}
