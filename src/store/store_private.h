/* store_private - what the files of store share */
#pragma once
#include "base/db.h"
#include "base/fail.h"
#include "store/store.h"

struct store {
	db *db;
};
