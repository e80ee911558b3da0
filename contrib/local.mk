EXTRA_DIST += \
	contrib/check \
	contrib/cppcheck-suppressions \
	contrib/install-packages \
	contrib/packages
